"""Reading of sources that have a file for each array: NumPy's `.npy` files, and IDX files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from nnspec.backends.arrays import Array, Values
from nnspec.components.sources.array_files import ArrayFiles
from nnspec.data.formats.idx import load_idx
from nnspec.data.formats.numpy_files import load_npy
from nnspec.data.row_origin import RowOrigin
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.sources import check_rows

_LOADERS: dict[str, Callable[[Path], Array]] = {"idx": load_idx, "npy": load_npy}


def read_array_files(source: ArrayFiles, folder: Path) -> RawSplits:
    """Read the arrays of a source; files that are not compressed are memory-mapped."""
    train = _rows(source, folder, ("inputs", "targets"))
    has_test = source.test_inputs is not None and source.test_targets is not None
    test = _rows(source, folder, ("test_inputs", "test_targets")) if has_test else None
    return RawSplits(train, test)


def unlabelled_arrays(source: ArrayFiles, folder: Path) -> Values | None:
    """The test inputs of a source; None where there are none."""
    return _side(source, folder, "test_inputs")


def _rows(source: ArrayFiles, folder: Path, options: tuple[str, str]) -> Rows:
    inputs, targets = (_side(source, folder, option) for option in options)
    written = {option: text for option, text in source.paths() if option[0] in options}
    names = {option[-1].removeprefix("test_"): text for option, text in written.items()}
    rows = Rows(inputs, targets, RowOrigin(arrays=names))
    return check_rows(rows, "the source", list(written.values()))


def _side(source: ArrayFiles, folder: Path, option: str) -> Any:
    """The only array of an option, or each by its name."""
    held = getattr(source, option)
    if isinstance(held, Mapping):
        return {name: _load(source, folder, (option, name)) for name in held}
    return None if held is None else _load(source, folder, (option,))


def _load(source: ArrayFiles, folder: Path, option: tuple[str, ...]) -> Array:
    with source.reading(folder, *option) as path:
        source.header(path)  # raises ShapeError where it is damaged, as it does before training
        return _LOADERS[source.kind](path)
