"""Rows written in the spec as a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from nnspec.components.sources.base import DataSpec, Source
from nnspec.options.messages import LocatedError, expected
from nnspec.options.model import Model
from nnspec.options.nested_numbers import Column, read_column
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec

ArrayPath = tuple[str, ...]  # `inputs`, or `inputs` and the name of an array


def _check_lists(value: Any) -> Any:
    """An array with a name is a list too."""
    if value == {}:
        raise expected("a list, or a map of lists")
    for name, rows in value.items() if isinstance(value, Mapping) else ():
        if not isinstance(rows, list | tuple):
            raise LocatedError(f"the rows of {name} must be a list", name)
    return value


WrittenRows = Annotated[tuple[Any, ...] | dict[str, Any], AfterValidator(_check_lists)]


class InlineTable(Model):
    """Rows written in the spec: an item (a number or nested lists) per row."""

    inputs: WrittenRows
    targets: WrittenRows

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        columns(self)
        return self


class InlineRows(Source, kind="rows"):
    """Small data written in the spec: `inputs` and `targets`, a list item per row.

    Several inputs or targets are a map from their names to such lists. `test` holds test rows in
    the same form; without it there are none. `metadata` holds, by names, lists of what else is
    known of training rows, such as their weights.
    """

    inputs: WrittenRows
    targets: WrittenRows
    metadata: dict[str, tuple[Any, ...]] | None = None
    test: InlineTable | None = None

    example = "{rows: {inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        training = columns(self)
        if self.test is not None:
            known = {path: column for path, column in training.items() if path[0] != "metadata"}
            _check_test_columns(known, columns(self.test))
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """The shape of the first row; whole numbers throughout make an integer column."""
        found = columns(self)
        return DataSpec(_side(found, "inputs"), _side(found, "targets"))


def columns(table: InlineRows | InlineTable) -> dict[ArrayPath, Column]:
    """The shape of each array by its path; a LocatedError where their rows do not match."""
    arrays = dict(_arrays(table))
    _check_lengths({path: len(rows) for path, rows in arrays.items()})
    return {path: _read_column(path, rows) for path, rows in arrays.items()}


def _arrays(table: InlineRows | InlineTable) -> Iterator[tuple[ArrayPath, Any]]:
    """The rows of each array, by its path."""
    sides = {"inputs": table.inputs, "targets": table.targets}
    if isinstance(table, InlineRows) and table.metadata:
        sides["metadata"] = table.metadata
    for side, rows in sides.items():
        if isinstance(rows, Mapping):
            yield from (((side, name), named) for name, named in rows.items())
        else:
            yield (side,), rows


def _check_lengths(lengths: dict[ArrayPath, int]) -> None:
    """Raise LocatedError, at the first array that differs, unless all have as many rows."""
    (first, rows), *others = lengths.items()
    for path, length in others:
        if length != rows and len(first) == len(path) == 1:
            raise LocatedError(f"{rows} {first[-1]} and {length} {path[-1]}", *path)
        if length != rows:
            raise LocatedError(f"{rows} rows of {first[-1]} and {length} of {path[-1]}", *path)


def _read_column(path: ArrayPath, rows: Any) -> Column:
    """The shape of an array's rows; an error has the whole path to the wrong number."""
    try:
        return read_column(path[-1], rows)
    except LocatedError as error:
        raise LocatedError(str(error), *path[:-1], *error.path) from None


def _check_test_columns(training: dict[ArrayPath, Column], test: dict[ArrayPath, Column]) -> None:
    """Raise LocatedError unless the test rows have the arrays and shapes of the training rows."""
    if test.keys() != training.keys():
        has, needs = (", ".join(map(".".join, found)) for found in (test, training))
        raise LocatedError(f"test has {has}; training has {needs}", "test")
    for path, found in test.items():
        if found.shape != training[path].shape:
            shapes = format_shape(found.shape), format_shape(training[path].shape)
            name = path[-1]
            message = f"test {name} are {shapes[0]}, training {name} {shapes[1]}"
            raise LocatedError(message, "test", *path)


def _side(found: dict[ArrayPath, Column], side: str) -> TensorSpec | dict[str, TensorSpec | None]:
    """The TensorSpec of the only array of a side, or that of each by its name."""
    if (side,) in found:
        return _spec(found[side,])
    return {path[1]: _spec(column) for path, column in found.items() if path[0] == side}


def _spec(column: Column) -> TensorSpec:
    return TensorSpec(column.shape, "int64" if column.whole else "float64")
