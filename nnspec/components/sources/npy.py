"""NumPy `.npy` files as a source."""

from __future__ import annotations

from pathlib import Path

from nnspec.components.sources.array_files import ArrayFiles
from nnspec.options.types import Shape


class Npy(ArrayFiles, kind="npy"):
    """NumPy `.npy` files, an array in each; never a pickle. Paths are relative to the spec.

    The files are memory-mapped: rows are read when they are used. `test_inputs` and `test_targets`
    are the files of the test rows. Test inputs without targets can be predicted, not evaluated.
    Several inputs or targets are a map from their names to files.
    """

    example = "{npy: {inputs: x_train.npy, targets: y_train.npy}}"

    def header(self, path: Path) -> tuple[Shape, str]:
        """The shape and type that the file's header says."""
        from nnspec.components.sources.npy_header import npy_header  # only this source needs it

        return npy_header(path)
