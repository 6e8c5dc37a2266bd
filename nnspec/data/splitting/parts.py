"""The rows of each part of the data, by the option `data.split`."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Indices
from nnspec.data.located_errors import located
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.splitting.columns import group_numbers, rows_of_parts, times
from nnspec.data.splitting.group_rows import GroupSplit
from nnspec.data.splitting.method import SplitMethod, without
from nnspec.data.splitting.ordered_rows import OrderedSplit
from nnspec.data.splitting.random_rows import RandomSplit
from nnspec.data.splitting.stratified_rows import StratifiedSplit
from nnspec.data.splitting.targets import class_numbers
from nnspec.data.splitting.time_rows import TimeSplit
from nnspec.errors import DataError, Problem, quoted
from nnspec.spec.document import Spec
from nnspec.spec.splitting import Split

_USE = {"validation": "to validate with", "test": "to test with"}
Size = float | int


class PartRows(NamedTuple):
    """The numbers of the rows of each part among a source's training rows; None: no such part."""

    train: Indices
    validation: Indices | None
    test: Indices | None


def split_parts(spec: Spec, split: Split, raw: RawSplits) -> PartRows:
    """Choose the rows for the test, then those for validation from the others.

    Raises DataError, located in the spec, where rows cannot be split so, or none are left.
    """
    if split.method == "column":
        return _parts_of_column(spec, split, raw)
    if split.test is not None and raw.test is not None:
        _refuse_second_test(spec, ("data", "split", "test"))
    method, chosen = split_method(spec, split, raw.train), dict[str, Indices]()
    rows = np.arange(raw.train.rows)
    for part, size in (("test", split.test), ("validation", split.validation)):
        if size is not None:
            with located(spec.locate("data", "split", part)):
                count = _count(part, size, raw.train.rows, len(rows))
                chosen[part] = method.choose(rows, count, (split.seed, "split", part))
            rows = without(rows, chosen[part])
    return PartRows(rows, chosen.get("validation"), chosen.get("test"))


def split_method(spec: Spec, split: Split, rows: Rows) -> SplitMethod:
    """The way to split rows; parts that a column names are dealt at random.

    Raises DataError, located in the spec, where a column or a target does not serve.
    """
    with located(spec.locate(*split.path)):
        if split.method == "stratified":
            return StratifiedSplit(class_numbers(spec, rows, split.name))
        if split.method == "group":
            return GroupSplit(group_numbers(spec, rows, split.name or ""))
        if split.method == "time":
            return TimeSplit(times(spec, rows, split.name or ""))
    return OrderedSplit() if split.method == "ordered" else RandomSplit()


def _parts_of_column(spec: Spec, split: Split, raw: RawSplits) -> PartRows:
    """The parts that a column names."""
    with located(spec.locate(*split.path)):
        parts = rows_of_parts(spec, raw.train, split.name or "")
        if not len(parts["train"]):
            raise DataError(f"no row of {quoted(split.name)} is for training")
    if len(parts["test"]) and raw.test is not None:
        _refuse_second_test(spec, split.path)
    held_out = (parts[part] if len(parts[part]) else None for part in ("validation", "test"))
    return PartRows(parts["train"], *held_out)


def _refuse_second_test(spec: Spec, path: tuple[str, ...]) -> None:
    message = "the source has its own test rows, and the split keeps others for the test"
    raise DataError(Problem(message, spec.locate(*path), "leave out one of the two"))


def _count(part: str, size: Size, rows: int, left: int) -> int:
    """How many rows a part has of all; a DataError where none are left for it or for training."""
    count = round(size * rows) if isinstance(size, float) else size
    if not 0 < count < left:
        nothing = _USE[part] if not count else "to train on"
        of = f"{rows:,} rows" if left == rows else f"{left:,} rows that are not for the test"
        raise DataError(f"split: {part}: {count:,} of {of} leaves none {nothing}")
    return count
