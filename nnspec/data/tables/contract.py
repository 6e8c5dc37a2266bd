"""Checks of a table's columns against the contract of the spec."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Indices
from nnspec.data.column_types import DATE_TYPE, date_text, is_missing
from nnspec.data.row_origin import TableFile
from nnspec.data.tables.violations import Violation
from nnspec.data.value_numbers import value_numbers
from nnspec.errors import cut, quoted, visible
from nnspec.spec.column_contracts import ColumnContract, Contracts, iso_date

_MAX_LISTED = 6  # values in a message
_Broken = tuple[Indices, Callable[[int], str]]  # the rows that break a rule, and why each does


def violations(
    columns: Arrays, contracts: Contracts, file: TableFile, invalid: Mapping[str, Collection[int]]
) -> Iterator[Violation]:
    """The cells that break the contract of their column, rule by rule.

    `invalid` are the rows of each column whose cells are not of its type, and are not looked at.
    """
    for name, column in columns.items():
        if name in contracts:
            cells = np.asarray(column)  # of a column in files, too
            for rows, reason in _broken(contracts[name], cells, file, invalid[name]):
                if len(rows):
                    yield Violation(name, rows, reason)


def missing_cells(name: str, column: Array, invalid: Collection[int]) -> Iterator[Violation]:
    """The cells of a target that are missing, and not merely of another type than it has."""
    rows = _empty(np.asarray(column), invalid)
    if len(rows):
        yield Violation(name, rows, lambda _: "the target is missing")


def _empty(column: Array, invalid: Collection[int]) -> Indices:
    rows = np.flatnonzero(is_missing(column))
    return np.setdiff1d(rows, list(invalid)).astype(np.int64) if invalid else rows


def _broken(
    contract: ColumnContract, column: Array, file: TableFile, invalid: Collection[int]
) -> Iterator[_Broken]:
    """The rows that break each rule of a contract."""
    missing = is_missing(column)
    if not contract.missing:
        yield _empty(column, invalid), lambda _: "the cell is empty, and the contract forbids it"
    if (least := contract.minimum) is not None:
        below = ~missing & (column < _bound(least))
        yield np.flatnonzero(below), partial(_beyond, column, f"less than the minimum, {least}")
    if (most := contract.maximum) is not None:
        above = ~missing & (column > _bound(most))
        yield np.flatnonzero(above), partial(_beyond, column, f"more than the maximum, {most}")
    if contract.values is not None:
        other = ~missing & ~_is_in(column, contract)
        yield np.flatnonzero(other), partial(_unknown, column, contract.values)
    if contract.unique:
        again, first = _repeated(column, np.flatnonzero(~missing))
        yield again, partial(_twice, column, dict(zip(again.tolist(), first, strict=True)), file)


def _bound(bound: float | str) -> Any:
    """A bound as a number or a time."""
    if isinstance(bound, str):
        return np.datetime64(iso_date(bound)).astype(DATE_TYPE)
    return bound


def _is_in(column: Array, contract: ColumnContract) -> Array:
    """Whether each cell holds one of the values of a contract."""
    if column.dtype.kind != "T":
        return np.isin(column, np.array(contract.values))
    known = contract.categories or ()
    return np.asarray(value_numbers(known, column) < len(known))


def _repeated(column: Array, rows: Indices) -> tuple[Indices, list[int]]:
    """The rows whose values stand in a row above, and the first row that has each."""
    values = column[rows]
    order = np.argsort(values, kind="stable")
    is_first = np.ones(len(order), bool)
    is_first[1:] = values[order][1:] != values[order][:-1]
    firsts = np.maximum.accumulate(np.where(is_first, np.arange(len(order)), 0))
    again, first = rows[order][~is_first], rows[order][firsts][~is_first]
    in_order = np.argsort(again)
    return again[in_order], first[in_order].tolist()


def _beyond(column: Array, what: str, row: int) -> str:
    return f"{shown(column[row])} is {what}"


def _unknown(column: Array, values: tuple[Any, ...], row: int) -> str:
    listed = ", ".join(visible(str(value)) for value in values[:_MAX_LISTED])
    more = ", ..." if len(values) > _MAX_LISTED else ""
    return f"{shown(column[row])} is none of the values {listed}{more}"


def _twice(column: Array, firsts: dict[int, int], file: TableFile, row: int) -> str:
    return f"{shown(column[row])} is not unique: it stands in {file.row(firsts[row])} too"


def shown(value: Any) -> str:
    """A cell as messages show it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, np.datetime64):
        return date_text(value)
    return cut(f"{value.item():.15g}" if value.dtype.kind == "f" else str(value.item()))
