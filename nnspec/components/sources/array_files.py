"""Base class of the sources that have a file for each array."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import model_validator

from nnspec.components.sources.base import DataSpec
from nnspec.components.sources.files import FileSource, Option, Paths
from nnspec.errors import ShapeError, quoted
from nnspec.options.messages import LocatedError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape

Headers = dict[Option, tuple[Shape, str]]  # the shape, rows first, and the type of each array


class ArrayFiles(FileSource):
    """A file for each array: the rows are its first axis.

    Several inputs or targets are a map from their names to files, also for the test rows.
    """

    path_options = ("inputs", "targets", "test_inputs", "test_targets")

    inputs: Paths
    targets: Paths
    test_inputs: Paths | None = None
    test_targets: Paths | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for side in ("inputs", "targets"):
            _check_names(side, getattr(self, side), getattr(self, f"test_{side}"))
        return self

    @abstractmethod
    def header(self, path: Path) -> tuple[Shape, str]:
        """The shape (rows first) and type of the array of a file, read without NumPy.

        Raises ShapeError, OSError or ValueError where it is damaged.
        """

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the training arrays, from the headers of the files alone."""
        headers: Headers = {}
        for option, _ in self.paths():
            with self.reading(folder, *option) as path:
                headers[option] = self.header(path)
        for sides in (("inputs", "targets"), ("test_inputs", "test_targets")):
            self._check_lengths({o: shape[0] for o, (shape, _) in headers.items() if o[0] in sides})
        return DataSpec(_side(headers, "inputs"), _side(headers, "targets"))

    def lacks_test(self, folder: Path) -> str:
        """The test targets beside test inputs, or the other way round."""
        if (self.test_inputs is None) == (self.test_targets is None):
            return ""
        sides = ("test_inputs", "test_targets")
        return " beside ".join(sides if self.test_inputs is None else reversed(sides))

    def _check_lengths(self, lengths: Mapping[Option, int]) -> None:
        """Raise ShapeError, at the first file that differs, unless all have as many rows."""
        written = dict(self.paths())
        first = next(iter(lengths), ())
        for option, rows in lengths.items():
            if rows != lengths[first]:
                counts = f"{lengths[first]:,} rows in {quoted(written[first])} and {rows:,} in"
                raise ShapeError(f"{counts} {quoted(written[option])}", "", (self.kind, *option))


def _side(headers: Headers, side: str) -> TensorSpec | dict[str, TensorSpec | None]:
    """The TensorSpec of the only array of a side, or that of each by its name."""
    specs = {o: TensorSpec(shape[1:], dtype) for o, (shape, dtype) in headers.items()}
    if (side,) in specs:
        return specs[side,]
    return {option[1]: spec for option, spec in specs.items() if option[0] == side}


def _check_names(side: str, training: Any, test: Any) -> None:
    """Raise LocatedError unless the test rows have the names of the training rows."""
    needed = set(training) if isinstance(training, Mapping) else None
    if test is not None and (set(test) if isinstance(test, Mapping) else None) != needed:
        what = f"a map with {', '.join(training)}" if needed else "the path of one file"
        raise LocatedError(f"test_{side} must be {what}, as {side} is", f"test_{side}")
