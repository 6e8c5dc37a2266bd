"""A NumPy `.npz` archive as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from nnspec.components.sources.base import DataSpec, Source


class Npz(Source, kind="npz", primary="path"):
    """Arrays in a NumPy `.npz` archive; never a pickle. Its path is relative to the spec.

    `inputs`, `targets`, `test_inputs` and `test_targets` name the arrays; the last two may be
    missing from the file.
    """

    path: str
    inputs: str = "x_train"
    targets: str = "y_train"
    test_inputs: str = "x_test"
    test_targets: str = "y_test"

    example = "{npz: digits.npz}"

    def with_absolute_paths(self, folder: Path) -> Self:
        """The absolute path."""
        return self.replace(path=str(folder / self.path))

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the training arrays, from the archive's headers alone."""
        from nnspec.components.sources.npz_header import (
            npz_specs,  # only this source needs the archive's modules
        )

        return DataSpec(*npz_specs(folder / self.path, (self.inputs, self.targets)))
