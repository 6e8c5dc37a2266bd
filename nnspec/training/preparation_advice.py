"""Advice on what the preparation did to the data: columns that it emptied, numbers left large.

The reasons stand in `nnspec.spec.advice`; the spec's `silence` lists codes to leave out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.pipeline import FittedPipeline
from nnspec.data.preprocessing.rounding import RoundedColumns
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import Rows
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


def unscaled_rows(spec: Spec, graph: Graph, rows: Rows) -> list[Problem]:
    """Advice on prepared inputs that are large, where only the data tell how large they are."""
    source = spec.data.source if spec.data else None
    told = isinstance(source, InlineRows | Synthetic)  # by the spec alone, so by `lint`
    if told or _UNSCALED in spec.silence or isinstance(spec.optimizer, LeastSquares):
        return []
    arrays = named(rows.inputs, graph.inputs)
    return [
        Problem(message, spec.locate(*_path(one)), REASONS[_UNSCALED], _UNSCALED, ADVICE)
        for one in data_inputs(spec, graph)
        if not one.is_scaled
        for message in _large(one.subject, _array(arrays, one.name))
    ]


def _array(arrays: Mapping[str, Array], name: str) -> Array:
    """The array of an input; the only one of a network may have another name."""
    return arrays[name] if name in arrays else next(iter(arrays.values()))


def _path(one: DataInput) -> tuple[str | int, ...]:
    """Where the scaling is missing."""
    return one.path if one.has_steps else ("data", "source")


def _large(subject: str, x: Array) -> Iterator[str]:
    """Pixels beyond MAX_RATIO, or columns of which one is so much larger than another."""
    if not x.size or max(abs(float(x.min())), abs(float(x.max()))) <= MAX_RATIO:
        return
    if _are_pixels(x.shape[1:]):
        yield f"{subject} gets numbers from {x.min():g} to {x.max():g}"
    else:
        magnitudes = np.abs(x.astype(np.float64, copy=False)).reshape(len(x), -1).max(axis=0)
        shown = [float(f"{magnitude:.3g}") for magnitude in magnitudes]
        yield from (found.message for found in columns_of_different_scale(shown))


def _are_pixels(row: Shape) -> bool:
    """Whether a row holds many numbers of one kind, such as an image."""
    return len(row) > 1 or prod(row) >= _MANY
