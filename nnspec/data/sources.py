"""Reading of data sources into arrays of training and test rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Values
from nnspec.components.sources.base import Source
from nnspec.components.sources.given import Arrays, ungiven
from nnspec.components.sources.inline import InlineRows, InlineTable
from nnspec.components.sources.npz import ArrayNames, Npz, array_names, has_one_side
from nnspec.components.sources.synthetic import Synthetic
from nnspec.data.column_types import as_column
from nnspec.data.formats import numpy_files
from nnspec.data.numbers import check_numbers
from nnspec.data.registry import SOURCES, UNLABELLED
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.synthetic import SyntheticSampler, draw_rows
from nnspec.errors import DataError, visible
from nnspec.options.shapes import format_shape


def read_source(source: Source, folder: Path) -> RawSplits:
    """Read the rows of a source of arrays; its relative paths start at `folder`."""
    raw = SOURCES[source](source, folder)
    if not isinstance(raw, RawSplits):
        raise DataError(f"the rule of the source {source.kind!r} gives no RawSplits")
    splits = raw.with_parts()
    if splits.test is not None:
        check_part_shapes(splits.train, splits.test)
    return splits


def read_arrays(_: Arrays, __: Path) -> RawSplits:
    """Raise ShapeError: a spec does not hold the arrays that Python code gives."""
    raise ungiven("(x, y)")


def read_inline(source: InlineRows, _: Path) -> RawSplits:
    """Convert the rows that are written in the spec."""
    test = None if source.test is None else _inline_rows(source.test)
    return RawSplits(_inline_rows(source), test)


def _inline_rows(table: InlineRows | InlineTable) -> Rows:
    written = table.metadata if isinstance(table, InlineRows) else None
    metadata = {name: np.asarray(one) for name, one in (written or {}).items()}
    rows = Rows(_to_arrays(table.inputs), _to_arrays(table.targets), metadata=metadata)
    return check_rows(rows, "the source", [name for name, _ in rows.arrays()])


def _to_arrays(rows: Any) -> Values:
    """The array of a list of rows, or the arrays of a map of lists."""
    if isinstance(rows, Mapping):
        return {name: np.asarray(one) for name, one in rows.items()}
    return np.asarray(rows)


def read_synthetic(source: Synthetic, _: Path) -> RawSplits:
    """Draw rows from the source's function."""
    train = _draw_split(source, "train", source.rows)
    return RawSplits(
        train, _draw_split(source, "test", source.test_rows) if source.test_rows else None
    )


def _draw_split(source: Synthetic, split: str, rows: int) -> Rows:
    key = (source.seed, "synthetic", source.function.kind, split)
    with np.errstate(all="ignore"):  # non-finite values are refused after preprocessing
        return Rows(*draw_rows(source.function, SyntheticSampler(rows, source.noise, key)))


def read_npz(source: Npz, folder: Path) -> RawSplits:
    """Read the arrays of an .npz archive."""
    with numpy_files.open_archive(source.path_of(folder, "path")) as archive:
        train = _with_metadata(
            _archive_rows(archive, source.inputs, source.targets, source.path), archive, source
        )
        sides = source.test_inputs, source.test_targets
        if not any(name in archive for side in sides for name in array_names(side)):
            return RawSplits(train, None)
        if has_one_side(*sides, archive):
            return RawSplits(train, None)
        test = _archive_rows(archive, *sides, source.path)
        _check_test_names(train, test)
        return RawSplits(train, test)


def read_unlabelled(source: Source, folder: Path) -> Values | None:
    """The test inputs of a source that has no targets for them; None where there are none."""
    read = UNLABELLED.find(source)
    return read(source, folder) if read else None


def unlabelled_npz(source: Npz, folder: Path) -> Values | None:
    """The test inputs of an .npz archive; None where there are none."""
    with numpy_files.open_archive(source.path_of(folder, "path")) as archive:
        names = array_names(source.test_inputs)
        if not all(name in archive for name in names):
            return None
        for name in names:
            check_numbers(archive[name], f"{name} in {source.path}")
        return _archive_side(archive, source.test_inputs)


def _archive_rows(
    archive: Mapping[str, Array], inputs: ArrayNames, targets: ArrayNames, path: str
) -> Rows:
    wanted = [*array_names(inputs), *array_names(targets)]
    missing = [name for name in wanted if name not in archive]
    if missing:
        names = visible(", ".join(archive)) or "none"
        raise DataError(f"{visible(path)} has no array {missing[0]!r}", f"it holds {names}")
    origin = RowOrigin(arrays=_names_in_file("inputs", inputs) | _names_in_file("targets", targets))
    rows = Rows(_archive_side(archive, inputs), _archive_side(archive, targets), origin)
    return check_rows(rows, visible(path), wanted)


def _with_metadata(rows: Rows, archive: Mapping[str, Array], source: Npz) -> Rows:
    """The rows with the archive's further arrays; a DataError where one has another length."""
    missing = [name for name in source.metadata if name not in archive]
    if missing:
        raise DataError(f"{visible(source.path)} has no array {missing[0]!r}")
    metadata = {name: as_column(archive[name]) for name in source.metadata}
    for name, array in metadata.items():
        if array.shape[:1] != (rows.rows,):
            found = f"{len(array):,} rows" if array.ndim else "one number"
            raise DataError(f"{visible(name)} has {found} and the inputs have {rows.rows:,}")
    return rows._replace(metadata=metadata)


def _names_in_file(side: Side, names: ArrayNames) -> dict[str, str]:
    """What the arrays of a side are called in the archive, by the names that they have here."""
    return dict(names) if isinstance(names, Mapping) else {side: names}


def _archive_side(archive: Mapping[str, Array], names: ArrayNames) -> Values:
    """The only array of a side, or each by its name."""
    if isinstance(names, Mapping):
        return {name: archive[array] for name, array in names.items()}
    return archive[names]


def _check_test_names(train: Rows, test: Rows) -> None:
    """Raise DataError where the test rows are one array and the training rows have names."""
    for side, values in train.sides.items():
        if isinstance(values, Mapping) and not isinstance(test.sides[side], Mapping):
            names = ", ".join(values)
            raise DataError(f"the test rows need test_{side}: a map with {names}, as {side} is")


def check_part_shapes(train: Rows, part: Rows) -> None:
    """Raise DataError where a row of another part has another shape than a training row."""
    arrays = dict(part.arrays())
    for name, array in train.arrays():
        shapes = array.shape[1:], arrays[name].shape[1:] if name in arrays else array.shape[1:]
        if shapes[0] != shapes[1]:
            wanted, found = map(format_shape, shapes)
            message = f"a {part.origin.part} row of {part.origin.array(name)} is {found}"
            raise DataError(f"{message}, and a training row of {train.origin.array(name)} {wanted}")


def check_rows(rows: Rows, source: str, names: Sequence[str]) -> Rows:
    """Return the rows; raise DataError unless all arrays are numbers of equal length above 0.

    `names` are what the arrays are called in the source.
    """
    arrays = [array for _, array in rows.arrays()]
    for name, array in zip(names, arrays, strict=True):
        check_numbers(array, f"{name} in {source}")
    if len(set(map(len, arrays))) > 1 or not rows.rows:
        counts = zip(names, arrays, strict=True)
        listed = [f"{len(array):,} rows in {visible(name)}" for name, array in counts]
        raise DataError(f"{source} has {', '.join(listed[:-1])} and {listed[-1]}")
    return rows
