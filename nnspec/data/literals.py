"""Small arrays given on the command line, as text or as the name of a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Values
from nnspec.data.formats import numpy_files
from nnspec.data.invalid_values import RowValueError
from nnspec.data.numbers import check_numbers
from nnspec.errors import DataError, Document, Problem, SpecError, visible
from nnspec.language import reader
from nnspec.language.located import locate, value_at
from nnspec.options.messages import LocatedError
from nnspec.options.nested_numbers import read_column
from nnspec.options.number_hints import data_hint
from nnspec.options.types import Shape

_MAX_WRITTEN = 4  # columns in a hint


def read_literal(text: str, name: str) -> Array:
    """Read an array from a .npy, .npz, .csv or .png file, or from text such as `[1, 2.5]`.

    `name` is the argument's name in messages. Raises an NnspecError if there are no numbers.
    """
    read = _READERS.get(Path(text).suffix.lower())
    return read(Path(text)) if read else parse_literal(text, name)


def read_values(text: str, name: str) -> Values:
    """Read an array as `read_literal` does, or a map from names to arrays.

    A map is written as text such as `{image: [[1, 0]], words: [3, 7]}`, or is a .npz file.
    """
    if text.lstrip().startswith("{"):
        return _parse_map(text, name)
    if Path(text).suffix.lower() == ".npz":
        with numpy_files.open_archive(Path(text)) as archive:
            arrays = dict(archive)
        if len(arrays) > 1:
            return {
                name: check_numbers(array, f"{name} in {text}", 0) for name, array in arrays.items()
            }
    return read_literal(text, name)


def parse_literal(text: str, name: str) -> Array:
    """Parse nested lists of numbers in YAML or JSON."""
    return _to_array(reader.parse(Document(name, text)), name)


def _parse_map(text: str, name: str) -> dict[str, Array]:
    """Parse a map from names to nested lists of numbers."""
    value = reader.parse(Document(name, text))
    if not isinstance(value, Mapping) or not value:
        place = getattr(value, "place", None)
        raise SpecError(Problem(f"{name} must be a map from names to numbers", place))
    return {key: _to_array(item, key) for key, item in value.items()}


def read_table_row(text: str, name: str, types: Mapping[str, str]) -> dict[str, Array]:
    """Columns with one row each of a map such as `{age: 3, city: Taipei}`, in the given types.

    `null` is a missing value. Raises an NnspecError where a column lacks or a value does not fit.
    """
    from nnspec.data.tables.given_columns import given_columns  # few rows are of a table

    row = reader.parse(Document(name, text))
    if not isinstance(row, Mapping):
        written = ", ".join(f"{column}: ..." for column in list(types)[:_MAX_WRITTEN])
        raise SpecError(
            Problem(f"{name} must be a map from columns to values", None, f"write {{{written}}}")
        )
    try:
        return given_columns({column: [value] for column, value in row.items()}, types)
    except RowValueError as error:
        place = locate(row, [error.array])
        raise SpecError(problem.at(place) for problem in error.problems) from None


def _to_array(value: Any, name: str) -> Array:
    """An array of nested lists of numbers."""
    try:
        column = read_column(name, [value])
    except LocatedError as error:
        place = locate(value, error.path[2:])
        hint = data_hint(value_at(value, error.path[2:]))
        if isinstance(value, str) and not hint:
            hint = "or the name of a .npy, .npz, .csv or .png file"
        message = str(error).removeprefix(f"row 0 of {name} ")
        raise SpecError(Problem(f"{name} {message}", place, hint)) from None
    return np.array(value, np.int64 if column.whole else np.float64)


def drop_unit_axes(array: Array, shape: Shape) -> Array:
    """Reshape an array to a shape that differs only by axes of size 1, else return it unchanged."""
    compatible = [n for n in array.shape if n != 1] == [n for n in shape if n != 1]
    return array.reshape(shape) if compatible else array


def _read_csv(path: Path) -> Array:
    """Read comma-separated numbers, one row of the array per line."""
    text = reader.read_document(path).text
    if not text.strip():
        raise DataError(f"{visible(str(path))} holds no numbers")
    try:
        return np.loadtxt(text.splitlines(), delimiter=",")
    except ValueError as error:
        hint = "write numbers between commas, and as many in each line"
        raise DataError(f"{visible(str(path))}: {visible(str(error))}", hint) from None


def _read_png(path: Path) -> Array:
    """Read pixels as 0 to 255; greyscale ones are inverted, so that black is 255 as in MNIST."""
    from PIL import Image

    try:
        with Image.open(path, formats=["PNG"]) as image:
            if image.mode in ("1", "L", "LA"):
                return 255 - np.asarray(image.convert("L"))
            if image.mode in ("P", "RGB", "RGBA"):
                return np.asarray(image.convert("RGB"))
            raise DataError(f"{visible(str(path))} has more than 8 bits a pixel")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = getattr(error, "strerror", None) or "it is no intact PNG"
        raise DataError(f"cannot read {visible(str(path))}: {reason}") from None


def _read_numpy(path: Path) -> Array:
    return np.array(numpy_files.load_rows(path))


_READERS: dict[str, Callable[[Path], Array]] = {
    ".npy": _read_numpy, ".npz": _read_numpy, ".csv": _read_csv, ".png": _read_png,
}  # fmt: skip
