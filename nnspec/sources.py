"""Where data come from: the fields, and what is known before anything is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, NamedTuple, Self

from nnspec.component import Component, Of
from nnspec.fields import NonNegativeInt, NonNegativeNumber, PositiveInt, Text
from nnspec.functions import Function
from nnspec.layers.geometry import show
from nnspec.mistakes import PlacedError
from nnspec.prep import Signature
from nnspec.record import Record
from nnspec.rows import Column, column


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

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        if (self.train_rows or 0) > 60_000 or (self.test_rows or 0) > 10_000:
            raise ValueError("mnist has 60,000 training and 10,000 test rows")

    def signatures(self, folder: Path) -> Signatures:
        """28x28 bytes, and a byte."""
        return Signatures(Signature((28, 28), "uint8"), Signature((), "uint8"))


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


class Synthetic(Source, kind="synthetic", primary="function"):
    """Rows drawn at random from a known function: `synthetic: sine`, or with options.

    `noise` is the standard deviation of the function's normal e. The same options give the same
    rows on every machine: `seed` is their own, apart from the one of `train`. Test rows are drawn
    apart from the training rows; `test_rows: 0` is none.
    """

    function: Annotated[Function, Of("function")]
    rows: PositiveInt = 1000
    test_rows: NonNegativeInt = 1000
    noise: NonNegativeNumber = 0.1
    seed: NonNegativeInt = 0

    example = "{synthetic: {function: {linear: [1, 2, -3, 0.5]}, rows: 200, noise: 0.5}}"

    def signatures(self, folder: Path) -> Signatures:
        """What the function says."""
        return Signatures(self.function.inputs, self.function.targets)


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

    example = "{npz: digits.npz}"

    def anchored(self, folder: Path) -> Self:
        """The absolute path."""
        return self.replace(path=str(folder / self.path))

    def signatures(self, folder: Path) -> Signatures:
        """What the archive's headers say of the training arrays; no array is read."""
        from nnspec.npy import rows  # only this source needs the archive's modules

        return Signatures(*rows(folder / self.path, (self.inputs, self.targets)))
