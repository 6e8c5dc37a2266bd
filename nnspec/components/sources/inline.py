"""Rows written in the spec as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from nnspec.components.sources.base import DataSpec, Source
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.nested_numbers import Column, read_column
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec


class InlineTable(Model):
    """Rows written in the spec: an item (a number or nested lists) per row."""

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        columns(self)
        return self


class InlineRows(Source, kind="rows"):
    """Small data written in the spec: `inputs` and `targets`, a list item per row.

    `test` holds test rows in the same form; without it there are none.
    """

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]
    test: InlineTable | None = None

    example = "{rows: {inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        training = columns(self)
        for name, found in (columns(self.test) if self.test else {}).items():
            shape = training[name].shape
            if found.shape != shape:
                test_shape, train_shape = format_shape(found.shape), format_shape(shape)
                message = f"test {name} are {test_shape}, training {name} {train_shape}"
                raise LocatedError(message, "test", name)
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """The shape of the first row; whole numbers throughout make an integer column."""
        found = columns(self)
        return DataSpec(*(
            TensorSpec(one.shape, "int64" if one.whole else "float64") for one in found.values()
        ))  # fmt: skip


def columns(table: InlineRows | InlineTable) -> dict[str, Column]:
    """The shapes of `inputs` and `targets`; a LocatedError where their rows do not match."""
    if len(table.inputs) != len(table.targets):
        raise LocatedError(
            f"{len(table.inputs)} inputs and {len(table.targets)} targets", "targets"
        )
    return {name: read_column(name, getattr(table, name)) for name in ("inputs", "targets")}
