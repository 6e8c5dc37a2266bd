"""Reading of sources that have a file for each array: NumPy's `.npy` files, and IDX files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nnspec.backends.arrays import Array, Values
from nnspec.components.sources.array_files import ArrayFiles
from nnspec.components.sources.idx import Idx
from nnspec.components.sources.npy import Npy
from nnspec.data.formats.idx import load_idx
from nnspec.data.formats.numpy_files import load_npy
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.sources import check_rows

Load = Callable[[Path], Array]


def read_npy_files(source: Npy, folder: Path) -> RawSplits:
    """Memory-map the arrays of `.npy` files."""
    return _splits(source, folder, load_npy)


def read_idx_files(source: Idx, folder: Path) -> RawSplits:
    """Read the arrays of IDX files; those that are not compressed are memory-mapped."""
    return _splits(source, folder, load_idx)


def unlabelled_npy_files(source: Npy, folder: Path) -> Values | None:
    """The test inputs of `.npy` files; None where there are none."""
    return _side(source, folder, "test_inputs", load_npy)


def unlabelled_idx_files(source: Idx, folder: Path) -> Values | None:
    """The test inputs of IDX files; None where there are none."""
    return _side(source, folder, "test_inputs", load_idx)


def _splits(source: ArrayFiles, folder: Path, load: Load) -> RawSplits:
    train = _rows(source, folder, ("inputs", "targets"), load)
    has_test = source.test_inputs is not None and source.test_targets is not None
    test = _rows(source, folder, ("test_inputs", "test_targets"), load) if has_test else None
    return RawSplits(train, test)


def _rows(source: ArrayFiles, folder: Path, options: tuple[str, str], load: Load) -> Rows:
    inputs, targets = (_side(source, folder, option, load) for option in options)
    written = {option: text for option, text in source.paths() if option[0] in options}
    names = {option[-1].removeprefix("test_"): text for option, text in written.items()}
    rows = Rows(inputs, targets, RowOrigin(arrays=names))
    return check_rows(rows, "the source", list(written.values()))


def _side(source: ArrayFiles, folder: Path, option: str, load: Load) -> Any:
    """The only array of an option, or each by its name."""
    held = getattr(source, option)
    if isinstance(held, Mapping):
        return {name: _load(source, folder, (option, name), load) for name in held}
    return None if held is None else _load(source, folder, (option,), load)


def _load(source: ArrayFiles, folder: Path, option: tuple[str, ...], load: Load) -> Array:
    with source.reading(folder, *option) as path:
        source.header(path)  # raises ShapeError where it is damaged, as it does before training
        return load(path)
