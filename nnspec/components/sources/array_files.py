"""Base class of the sources that have a file for each array."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import model_validator

from nnspec.components.sources.base import DataSpec
from nnspec.components.sources.files import FileSource, Paths
from nnspec.components.sources.named_arrays import Option, check_test_names, side_specs
from nnspec.errors import ShapeError, quoted
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import Shape


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
            if (test := getattr(self, f"test_{side}")) is not None:
                check_test_names(side, getattr(self, side), test, "the path of one file")
        return self

    @abstractmethod
    def header(self, path: Path) -> tuple[Shape, str]:
        """The shape (rows first) and type of the array of a file, read without NumPy.

        Raises ShapeError, OSError or ValueError where it is damaged.
        """

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the training arrays, from the headers of the files alone."""
        headers: dict[Option, tuple[Shape, str]] = {}
        for option, _ in self.paths():
            with self.reading(folder, *option) as path:
                headers[option] = self.header(path)
        for sides in (("inputs", "targets"), ("test_inputs", "test_targets")):
            self._check_lengths({o: shape[0] for o, (shape, _) in headers.items() if o[0] in sides})
        specs = {o: TensorSpec(shape[1:], dtype) for o, (shape, dtype) in headers.items()}
        return DataSpec(side_specs(specs, "inputs"), side_specs(specs, "targets"))

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
