"""Shapes of given rows, before the preprocessing, against those of the rows of a spec's data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import prod

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.data.literals import drop_unit_axes
from nnspec.data.row_origin import GIVEN, RowOrigin, Side
from nnspec.errors import DataError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape

_MAX_SHOWN = 12  # numbers of a row that a hint writes out

Tensors = TensorSpec | Mapping[str, TensorSpec | None] | None  # of a row of each array


def check_row_shapes(rows: Values, side: Side, tensors: Tensors, origin: RowOrigin = GIVEN) -> None:
    """Raise DataError where a row has another shape than those of the data."""
    for name, array, shape in _pairs(rows, side, tensors):
        if array.shape[1:] != shape:
            found, wanted = _described(array.shape[1:]), _described(shape)
            message = f"a row of {origin.array(name)} is {found} and must be {wanted}"
            raise DataError(message, _hint(array, shape))


def without_unit_axes(rows: Values, side: Side, tensors: Tensors) -> Values:
    """One row of each array in the shape of the data's, where it differs by axes of size 1."""
    found = {
        name: drop_unit_axes(array, (1, *shape))
        for name, array, shape in _pairs(rows, side, tensors)
    }
    return {**rows, **found} if isinstance(rows, Mapping) else found.get(side, rows)


def _pairs(rows: Values, side: Side, tensors: Tensors) -> Iterator[tuple[str, Array, Shape]]:
    """Each array by its name, with the shape of its rows where that is known."""
    arrays = by_name(rows, side)
    known: Mapping[str, TensorSpec | None] = (
        tensors if isinstance(tensors, Mapping) else {side: tensors}
    )
    if len(arrays) == len(known) == 1:
        known = dict.fromkeys(arrays, next(iter(known.values())))
    for name, array in arrays.items():
        tensor = known.get(name)
        if tensor is not None:
            yield name, array, tensor.shape


def _described(shape: Shape) -> str:
    return format_shape(shape) if shape else "a single number"


def _hint(array: Array, shape: Shape) -> str:
    """How rows of a shape are written."""
    if array.shape == shape:
        return f"write {_written(array[None])}: a list of rows"
    if array.shape[2:] == shape and array.size:
        return f"a row is written {_written(array[0, 0])}"
    return f"a row holds {prod(shape):,} number{'s' * (prod(shape) != 1)}, before any preprocessing"


def _written(array: Array) -> str:
    """Numbers in nested lists, where they are few."""
    depth = array.ndim
    return str(array.tolist()) if array.size <= _MAX_SHOWN else f"{'[' * depth}...{']' * depth}"
