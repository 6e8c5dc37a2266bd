"""Shape and dtype of the rows that groups of a table's columns make, as far as the spec tells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod

from nnspec.components.preprocessing.base import Transform, after_step, prepared, unprepared
from nnspec.errors import ShapeError
from nnspec.graph.infer import row_after_steps
from nnspec.options.tensor_spec import DATE, TEXT, TensorSpec
from nnspec.options.types import Shape
from nnspec.spec.data_steps import StepList
from nnspec.spec.document import Spec

Known = Mapping[str, TensorSpec | None]  # of a table's columns
_ASSUMED = "float64", TEXT, DATE  # types of columns that only the data tell


def table_row(spec: Spec, lists: Sequence[StepList], columns: Known) -> TensorSpec | None:
    """The row that groups of columns are joined to; None where only the data tell its size."""
    rows = [row_after_steps(spec, one, _source_row(one, columns)) for one in lists]
    known = [row for row in rows if row is not None]
    if len(known) < len(rows):
        return None
    if len(known) == 1:
        return prepared(known[0])
    dtypes = [row.dtype for row in known]
    return prepared(TensorSpec((sum(prod(row.shape) for row in known),), _common(dtypes)))


def _source_row(one: StepList, columns: Known) -> TensorSpec | None:
    """A row of a group's columns; of unknown columns it is assumed to be what the steps take."""
    names = one.names
    if any("*" in name for name in names):
        return None
    shape: Shape = () if isinstance(one.columns, str) else (len(names),)
    known = [found for name in names if (found := columns.get(name))]
    if known:
        row = TensorSpec(shape, _common([found.dtype for found in known]))
        return unprepared(row._replace(categories=_categories(names, known)))
    return _assumed(one.steps, shape)


def _categories(names: Sequence[str], known: Sequence[TensorSpec]) -> tuple[int, ...] | None:
    """How many categories each column has; None where that is not known of all."""
    counts = [count for found in known for count in found.categories or ()]
    return tuple(counts) if len(counts) == len(names) else None


def _assumed(steps: Sequence[Transform], shape: Shape) -> TensorSpec:
    """A row of the kind that steps take: the first of which none of them is an error."""
    rows = [TensorSpec(shape, dtype) for dtype in _ASSUMED]
    for row in rows:
        try:
            _after_steps(steps, row)
        except ShapeError:
            continue
        return row
    takes = steps[0].takes
    return next(row for row in rows if row.kind in takes)


def _after_steps(steps: Sequence[Transform], row: TensorSpec | None) -> TensorSpec | None:
    for step in steps:
        row = after_step(step, row)
    return row


def _common(dtypes: Sequence[str]) -> str:
    """A type for numbers of several types."""
    different = set(dtypes)
    return different.pop() if len(different) == 1 else "float64"
