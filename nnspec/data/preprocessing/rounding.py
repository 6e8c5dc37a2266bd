"""How far apart the numbers of a column are, at most, that differ by rounding alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.encoding import CastTransform
from nnspec.data.invalid_values import Index, first_index
from nnspec.data.preprocessing.exact import Floats
from nnspec.data.preprocessing.source_values import Pipeline
from nnspec.options.tensor_spec import TensorSpec

_COARSE = 4  # multiples of a quarter are no results of rounding
_LARGE = 2.0**63  # from here on every float is whole


class RoundedColumns(NamedTuple):
    """Columns that a step took for constant though their numbers differ, by rounding alone."""

    step: int  # its number in the pipeline
    columns: int  # how many there are
    first: Index  # where the first of them is in a row that the step gets
    lowest: float  # of its numbers
    highest: float

    @classmethod
    def of(cls, step: int, rounded: Array, lowest: Array, highest: Array) -> RoundedColumns:
        """Those that are marked."""
        first = first_index(rounded)
        extremes = float(lowest[first]), float(highest[first])
        return cls(step, int(rounded.sum()), first, *extremes)


def resolutions(
    pipeline: Pipeline, signatures: Sequence[TensorSpec], chunks: Iterable[Array]
) -> Floats:
    """For each column after a pipeline, how much rounding changes its numbers, relatively.

    `signatures` are those of the source and after each step, `chunks` the source's rows. Columns
    of whole numbers, halves and quarters were never rounded, in whatever type they are stored.
    """
    found = np.where(_are_coarse(signatures[0], chunks), 0.0, _eps(signatures[0]))
    for number, (step, _) in enumerate(pipeline.steps):
        signature = signatures[number + 1]
        if step.rearranges:
            found = pipeline.apply_step(number, found[None])[0]
        elif isinstance(step, CastTransform):
            found = np.where(found > 0, np.maximum(found, _eps(signature)), 0.0)
        elif step.elementwise:
            found = np.maximum(found, _eps(signature))
        else:
            widest = max(found.max(initial=0.0), _eps(signature))
            found = np.full(signature.shape, widest)
    return found


def _eps(signature: TensorSpec) -> float:
    """The distance of 1 to the next number of a type; 0 where it holds whole numbers alone."""
    return float(np.finfo(signature.dtype).eps) if signature.is_float else 0.0


def _are_coarse(signature: TensorSpec, chunks: Iterable[Array]) -> Array:
    """Whether each column holds multiples of a quarter alone."""
    coarse = np.ones(signature.shape, bool)
    if not signature.is_float:
        return coarse
    for chunk in chunks:
        quarters = chunk.astype(np.float64, copy=False)
        near = np.abs(quarters) < _LARGE
        quarters = quarters * _COARSE
        coarse &= (near & (quarters == np.rint(quarters))).all(axis=0)
        if not coarse.any():
            break
    return coarse
