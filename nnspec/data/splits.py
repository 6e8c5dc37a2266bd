"""Training, validation and test splits of a spec's data, before preprocessing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name, chunk_rows
from nnspec.backends.contract import Indices
from nnspec.data.located_errors import located, located_in_source
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.reading import read_rows
from nnspec.data.rows import RawSplits, Refusal, Rows
from nnspec.data.sources import read_unlabelled
from nnspec.errors import DataError
from nnspec.randomness import philox
from nnspec.spec.document import Spec
from nnspec.spec.validation_split import ValidationSplit

if TYPE_CHECKING:
    from nnspec.data.splitting.parts import PartRows


class Splits(NamedTuple):
    """Rows for training, validation and testing."""

    train: Rows
    validation: Rows | None
    test: Rows | None
    refused: tuple[Refusal, ...] = ()  # of the source's rows

    def parts(self) -> list[Rows]:
        """The rows of each part that there is."""
        return [rows for rows in self[:3] if rows is not None]

    def map(self, transform: Callable[[Rows], Rows]) -> Splits:
        """Transform the rows of each split, those for training first."""
        train = transform(self.train)
        validation, test = (rows and transform(rows) for rows in (self.validation, self.test))
        return Splits(train, validation, test, self.refused)


def split_rows(raw: RawSplits, split: ValidationSplit | None, seed: int) -> Splits:
    """Split validation rows off the training rows: the last ones, or random ones by the seed."""
    if split is None:
        return Splits(raw.train, None, raw.test, raw.refused)
    rows = raw.train.rows
    validation_rows = round(rows * split.fraction)
    if validation_rows in (0, rows):
        left = "none to validate with" if not validation_rows else "none to train on"
        raise DataError(f"validation_split of {rows:,} rows leaves {left}")
    train, validation = _selections(rows, validation_rows, split, seed)
    held_out = raw.train.take(validation).of("validation")
    return Splits(raw.train.take(train), held_out, raw.test, raw.refused)


def _selections(rows: int, held_out: int, split: ValidationSplit, seed: int) -> tuple[Any, Any]:
    """The numbers of the rows to train on and of those held out, or slices, which copy no row."""
    if split.select == "last":
        return slice(0, rows - held_out), slice(rows - held_out, rows)
    order = philox.permutation(rows, seed, "validation_split")
    train, validation = (np.sort(each) for each in np.split(order, [rows - held_out]))
    return train, validation


def load_splits(spec: Spec) -> Splits:
    """Read and split the raw rows of a spec's data."""
    return split_source(spec, read_rows(spec))


def split_source(spec: Spec, raw: RawSplits) -> Splits:
    """Split the raw rows of a source as the spec says."""
    split = require_data(spec).split
    if split is not None:
        from nnspec.data.splitting.parts import split_parts  # few specs have a split

        return take_parts(raw, split_parts(spec, split, raw))
    with located(spec.locate("train", "validation_split")):
        return split_rows(raw, spec.train.validation_split, spec.train.seed)


def take_parts(raw: RawSplits, parts: PartRows) -> Splits:
    """The rows of each part; the source's own test rows where the split keeps none."""
    train = raw.train.take(_as_slice(parts.train))
    validation, test = (
        None if rows is None else raw.train.take(_as_slice(rows)) for rows in parts[1:]
    )
    held_out = validation and validation.of("validation")
    return Splits(train, held_out, test.of("test") if test else raw.test, raw.refused)


def _as_slice(rows: Indices) -> Indices | slice:
    """Rows that follow each other as a slice, by which arrays are not copied."""
    follow = len(rows) > 0 and int(rows[-1]) - int(rows[0]) == len(rows) - 1
    return slice(int(rows[0]), int(rows[-1]) + 1) if follow else rows


def unlabelled_test(spec: Spec) -> Values | None:
    """The raw test inputs of a spec's data that have no targets."""
    with located_in_source(spec):
        return read_unlabelled(require_data(spec).source, spec.folder)


def data_sha256(splits: Splits) -> str:
    """SHA-256 of the dtypes, shapes and bytes of all raw rows."""
    digest = hashlib.sha256()
    for rows in splits.parts():
        for values in (*rows.sides.values(), rows.metadata):
            _add_arrays(digest, values)
    return digest.hexdigest()


def _add_arrays(digest: hashlib._Hash, values: Values) -> None:
    """Add the only array to a digest, or each with its name."""
    for name, array in by_name(values).items():
        digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
        size = chunk_rows(array)
        for start in range(0, len(array), size):  # of rows in files, few are held at once
            digest.update(_bytes(np.asarray(array[start : start + size])))


def _bytes(array: Array) -> Any:
    """The bytes of an array; those of texts with a zero byte after each."""
    if array.dtype.kind == "T":
        return "".join(f"{text}\0" for text in array.ravel().tolist()).encode()
    whole = array.view(np.int64) if array.dtype.kind == "M" else array
    return np.ascontiguousarray(whole).data
