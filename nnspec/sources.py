"""Where data come from: the fields, and what is known before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple, Self

from pydantic import model_validator

from nnspec.component import Component, Record
from nnspec.errors import ShapeError
from nnspec.fields import PositiveInt, Shape, Text
from nnspec.prep import Signature


class Signatures(NamedTuple):
    """A row of the inputs and a row of the targets; None where only the data can tell."""

    inputs: Signature | None
    targets: Signature | None


class Source(Component):
    """Arrays of training rows, and of test rows where there are any."""

    family = "source"

    def signatures(self, folder: Path) -> Signatures:
        """What a row looks like, as far as the spec in `folder` says."""
        return Signatures(None, None)

    def anchored(self, folder: Path) -> Self:
        """The same source for a spec in another place: relative paths made absolute."""
        return self


class Mnist(Source, kind="mnist"):
    """The MNIST digits: 60,000 training and 10,000 test images of 28x28, labels 0 to 9.

    By Y. LeCun, C. Cortes and C. Burges, CC BY-SA 3.0. `train_rows` and `test_rows` take only
    the first rows of each.
    """

    train_rows: PositiveInt | None = None
    test_rows: PositiveInt | None = None

    @model_validator(mode="after")
    def _no_more_than_there_are(self) -> Self:
        if (self.train_rows or 0) > 60_000 or (self.test_rows or 0) > 10_000:
            raise ValueError("mnist has 60,000 training and 10,000 test rows")
        return self

    def signatures(self, folder: Path) -> Signatures:
        """28x28 bytes, and a byte."""
        return Signatures(Signature((28, 28), "uint8"), Signature((), "uint8"))


class Table(Record):
    """Rows written in the spec: an item (a number or nested lists) per row."""

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]

    @model_validator(mode="after")
    def _regular(self) -> Self:
        if not self.inputs or len(self.inputs) != len(self.targets):
            raise ValueError(f"{len(self.inputs)} inputs and {len(self.targets)} targets")
        for name, rows in (("inputs", self.inputs), ("targets", self.targets)):
            shapes = [_shape(row) for row in rows]
            odd = next((i for i, shape in enumerate(shapes) if shape != shapes[0]), None)
            if odd is not None:
                raise ValueError(f"row {odd} of {name} has another shape than row 0")
        return self

    def rows(self) -> Signatures:
        """The shape of the first row; whole numbers throughout make an integer column."""
        return Signatures(_signature(self.inputs), _signature(self.targets))


class Rows(Source, kind="rows"):
    """Small data written in the spec: `inputs` and `targets`, a list item per row.

    `test` holds test rows in the same form; without it there are none.
    """

    inputs: tuple[Any, ...]
    targets: tuple[Any, ...]
    test: Table | None = None

    @model_validator(mode="after")
    def _same_shapes(self) -> Self:
        table = Table.model_validate({"inputs": self.inputs, "targets": self.targets})
        if self.test:
            pairs = zip(table.rows(), self.test.rows(), strict=True)
            if any(a and b and a.shape != b.shape for a, b in pairs):
                raise ValueError("test rows have another shape than training rows")
        return self

    def signatures(self, folder: Path) -> Signatures:
        """The shapes of the first row."""
        return Signatures(_signature(self.inputs), _signature(self.targets))


class Npz(Source, kind="npz", primary="path"):
    """Arrays in a NumPy `.npz` archive; never a pickle. Its path is relative to the spec.

    `inputs`, `targets`, `test_inputs` and `test_targets` name the arrays; the last two may be
    missing from the file.
    """

    path: Text
    inputs: Text = "x_train"
    targets: Text = "y_train"
    test_inputs: Text = "x_test"
    test_targets: Text = "y_test"

    def anchored(self, folder: Path) -> Self:
        """The absolute path."""
        return self.model_copy(update={"path": str(folder / self.path)})


def _shape(row: Any) -> Shape:
    if isinstance(row, list | tuple):
        inner = {_shape(item) for item in row}
        if len(inner) != 1:
            raise ValueError("a row is empty or its lists differ in length")
        return (len(row), *inner.pop())
    if isinstance(row, bool) or not isinstance(row, int | float):
        raise ValueError(f"a row holds numbers, not {row!r}")
    return ()


def _signature(rows: tuple[Any, ...]) -> Signature:
    whole = all(isinstance(number, int) for number in _numbers(rows))
    return Signature(_shape(rows[0]), "int64" if whole else "float64")


def _numbers(rows: Any) -> Any:
    for row in rows:
        if isinstance(row, list | tuple):
            yield from _numbers(row)
        else:
            yield row
