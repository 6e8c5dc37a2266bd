"""Rows written in the spec as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, model_validator

from nnspec.components.sources.base import DataSpec, Source
from nnspec.components.sources.named_arrays import (
    Option,
    by_option,
    require_items,
    side_specs,
)
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.nested_numbers import Column, read_column
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec

WrittenRows = Annotated[
    tuple[Any, ...] | dict[str, Any],
    AfterValidator(
        require_items((list, tuple), "a list, or a map of lists", "the rows of {} must be a list")
    ),
]


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
        specs = {
            option: TensorSpec(column.shape, "int64" if column.whole else "float64")
            for option, column in columns(self).items()
        }
        return DataSpec(side_specs(specs, "inputs"), side_specs(specs, "targets"))


def columns(table: InlineRows | InlineTable) -> dict[Option, Column]:
    """The shape of each array by its option; a LocatedError where their rows do not match."""
    arrays = dict(by_option(table, ("inputs", "targets", "metadata")))
    _check_lengths({path: len(rows) for path, rows in arrays.items()})
    return {path: _read_column(path, rows) for path, rows in arrays.items()}


def _check_lengths(lengths: dict[Option, int]) -> None:
    """Raise LocatedError, at the first array that differs, unless all have as many rows."""
    (first, rows), *others = lengths.items()
    for path, length in others:
        if length != rows and len(first) == len(path) == 1:
            raise LocatedError(f"{rows} {first[-1]} and {length} {path[-1]}", *path)
        if length != rows:
            raise LocatedError(f"{rows} rows of {first[-1]} and {length} of {path[-1]}", *path)


def _read_column(path: Option, rows: Any) -> Column:
    """The shape of an array's rows; an error has the whole path to the wrong number."""
    try:
        return read_column(path[-1], rows)
    except LocatedError as error:
        raise LocatedError(str(error), *path[:-1], *error.path) from None


def _check_test_columns(training: dict[Option, Column], test: dict[Option, Column]) -> None:
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
