"""Arrays that several processes read: files that are mapped into the memory of each of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from nnspec.backends.arrays import Array

ArrayFiles = Mapping[str, Path]


@contextmanager
def shared_arrays(arrays: Mapping[str, Array]) -> Iterator[ArrayFiles]:
    """Write arrays to files, which are deleted at the end: what is mapped until then stays."""
    with tempfile.TemporaryDirectory(prefix="nnspec-", ignore_cleanup_errors=True) as folder:
        files = {name: Path(folder, f"{i}.npy") for i, name in enumerate(arrays)}
        for name, array in arrays.items():
            np.save(files[name], array)
        yield files


def mapped_arrays(files: ArrayFiles) -> dict[str, Array]:
    """The arrays of files; a change of one is seen by this process alone."""
    return {name: _mapped(file) for name, file in files.items()}


def _mapped(file: Path) -> Array:
    try:
        mapped: Array = np.load(file, mmap_mode="c")
    except ValueError:  # no rows, which cannot be mapped
        mapped = np.load(file)
    return mapped
