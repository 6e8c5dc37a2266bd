"""Rows written in the spec as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nnspec.components.sources.base import Signatures, Source
from nnspec.options.messages import PlacedError
from nnspec.options.model import Record
from nnspec.options.nested_numbers import Column, column
from nnspec.options.shapes import show
from nnspec.options.tensor_spec import Signature


class Table(Record):
    """Rows written in the spec: an item (a number or nested lists) per row."""

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        columns(self)


class Rows(Source, kind="rows"):
    """Small data written in the spec: `inputs` and `targets`, a list item per row.

    `test` holds test rows in the same form; without it there are none.
    """

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]
    test: Table | None = None

    example = "{rows: {inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [0, 1, 1, 0]}}"

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        training = columns(self)
        for name, found in (columns(self.test) if self.test else {}).items():
            shape = training[name].shape
            if found.shape != shape:
                message = f"test {name} are {show(found.shape)}, training {name} {show(shape)}"
                raise PlacedError(message, "test", name)

    def signatures(self, folder: Path) -> Signatures:
        """The shape of the first row; whole numbers throughout make an integer column."""
        found = columns(self)
        return Signatures(*(
            Signature(one.shape, "int64" if one.whole else "float64") for one in found.values()
        ))  # fmt: skip


def columns(table: Rows | Table) -> dict[str, Column]:
    """What `inputs` and `targets` hold; raises PlacedError where they do not make a table."""
    if len(table.inputs) != len(table.targets):
        raise PlacedError(f"{len(table.inputs)} inputs and {len(table.targets)} targets", "targets")
    return {name: column(name, getattr(table, name)) for name in ("inputs", "targets")}
