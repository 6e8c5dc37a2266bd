"""IDX files, the format of MNIST, as a source."""

from __future__ import annotations

from pathlib import Path

from nnspec.components.sources.array_files import ArrayFiles
from nnspec.options.types import Shape


class Idx(ArrayFiles, kind="idx"):
    """IDX files, the format of MNIST: an array in each, as it is or compressed by gzip.

    Paths are relative to the spec. A file that is not compressed is memory-mapped. `test_inputs`
    and `test_targets` are the files of the test rows. Test inputs without targets can be predicted,
    not evaluated. Several inputs or targets are a map from their names to files.
    """

    example = "{idx: {inputs: train-images-idx3-ubyte.gz, targets: train-labels-idx1-ubyte.gz}}"

    def header(self, path: Path) -> tuple[Shape, str]:
        """The shape and type that the file's header says."""
        from nnspec.components.sources.idx_header import idx_header  # only this source needs it

        found = idx_header(path)
        return found.shape, found.dtype
