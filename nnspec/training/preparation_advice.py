"""Advice on what the preparation did to the data: columns that it emptied, numbers left large.

The reasons stand in `nnspec.spec.advice`; the spec's `silence` lists codes to leave out.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, chunk_rows, named
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data.dataset import Dataset, in_chunks
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.pipeline import FittedPipeline
from nnspec.data.preprocessing.rounding import RoundedColumns
from nnspec.data.row_origin import RowOrigin
from nnspec.errors import Problem, SourceSpan
from nnspec.graph.ir import Graph
from nnspec.lint.data import MAX_RATIO, DataInput, columns_of_different_scale, data_inputs
from nnspec.lint.rules import ADVICE
from nnspec.options.types import Shape
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec

CONSTANT = "constant-column"
_UNSCALED = "unscaled-inputs"
_MANY = 64  # so many columns are pixels


def constant_columns(
    spec: Spec, preprocessing: FittedPreprocessing, origin: RowOrigin
) -> list[Problem]:
    """Advice on columns whose numbers differ, that a step took for constant."""
    if CONSTANT in spec.silence:
        return []
    return [
        Problem(_constant(pipeline, found, array), place, REASONS[CONSTANT], CONSTANT, ADVICE)
        for name, pipeline in preprocessing.pipelines()
        for found in pipeline.rounded
        for place, array in [(_place(pipeline, found), origin.array(name))]
    ]


def _place(pipeline: FittedPipeline, found: RoundedColumns) -> SourceSpan | None:
    return pipeline.steps[found.step].place


def _constant(pipeline: FittedPipeline, found: RoundedColumns, array: str) -> str:
    """What was found, of the first column."""
    kind = pipeline.steps[found.step].step.kind
    where = ", ".join(map(str, found.first)) or "0"
    more = f" (and {found.columns - 1:,} more)" if found.columns > 1 else ""
    numbers = f"its numbers, {found.lowest} to {found.highest}, differ by rounding alone"
    return f"{kind} takes column {where} of {array} for constant{more}: {numbers}"


def unscaled_rows(spec: Spec, graph: Graph, rows: Dataset) -> list[Problem]:
    """Advice on prepared inputs that are large, where only the data tell how large they are."""
    source = spec.data.source if spec.data else None
    told = isinstance(source, InlineRows | Synthetic)  # by the spec alone, so by `lint`
    if told or _UNSCALED in spec.silence or isinstance(spec.optimizer, LeastSquares):
        return []
    unscaled = [one for one in data_inputs(spec, graph) if not one.is_scaled]
    extremes = Extremes.of(rows, graph) if unscaled else {}
    return [
        Problem(message, spec.locate(*_path(one)), REASONS[_UNSCALED], _UNSCALED, ADVICE)
        for one in unscaled
        for message in _large(one.subject, extremes.get(one.name, next(iter(extremes.values()))))
    ]


def _path(one: DataInput) -> tuple[str | int, ...]:
    """Where the scaling is missing."""
    return one.path if one.has_steps else ("data", "source")


def _large(subject: str, x: Extremes) -> Iterator[str]:
    """Pixels beyond MAX_RATIO, or columns of which one is so much larger than another."""
    if not x.lowest.size or max(abs(x.minimum), abs(x.maximum)) <= MAX_RATIO:
        return
    if _are_pixels(x.lowest.shape):
        yield f"{subject} gets numbers from {x.minimum:g} to {x.maximum:g}"
    else:
        magnitudes = np.maximum(np.abs(x.lowest), np.abs(x.highest)).ravel()
        shown = [float(f"{magnitude:.3g}") for magnitude in magnitudes]
        yield from (found.message for found in columns_of_different_scale(shown))


class Extremes(NamedTuple):
    """The lowest and the highest number of each column of an input, in float64."""

    lowest: Array
    highest: Array

    @classmethod
    def of(cls, rows: Dataset, graph: Graph) -> dict[str, Extremes]:
        """Those of each input by its name."""
        found: dict[str, Extremes] = {}
        size = chunk_rows(rows.take(np.arange(min(1, rows.rows))).inputs)
        for chunk in in_chunks(rows, size):
            for name, x in named(chunk.inputs, graph.inputs).items():
                own = cls(x.min(axis=0), x.max(axis=0)).as_float64()
                found[name] = own.joined(found[name]) if name in found else own
        return found

    def as_float64(self) -> Extremes:
        """The same numbers in float64."""
        return Extremes(*(np.asarray(each, np.float64) for each in self))

    def joined(self, other: Extremes) -> Extremes:
        """Those of both."""
        lowest, highest = (
            np.minimum(self.lowest, other.lowest),
            np.maximum(self.highest, other.highest),
        )
        return Extremes(lowest, highest)

    @property
    def minimum(self) -> float:
        """The lowest of all numbers."""
        return float(self.lowest.min())

    @property
    def maximum(self) -> float:
        """The highest of all numbers."""
        return float(self.highest.max())


def _are_pixels(row: Shape) -> bool:
    """Whether a row holds many numbers of one kind, such as an image."""
    return len(row) > 1 or prod(row) >= _MANY
