"""A NumPy `.npz` archive as a source."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from nnspec.components.sources.base import Signatures, Source
from nnspec.options.types import Text


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
        from nnspec.components.sources.npz_header import (
            rows,  # only this source needs the archive's modules
        )

        return Signatures(*rows(folder / self.path, (self.inputs, self.targets)))
