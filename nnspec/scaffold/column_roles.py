"""What each column of a table is to a network: numbers, categories, dates, text, or nothing.

The rules go by what a column holds; its name counts only where it ends in `id` or the like.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from math import isinf
from typing import Literal, NamedTuple

from nnspec.scaffold.column_summary import ColumnSummary

Role = Literal["numbers", "categories", "hashed", "dates", "text", "dropped"]

MAX_CATEGORIES = 50  # of a column that becomes a column a category
_MAX_MISSING = 0.9  # the share of rows
_MAX_DISTINCT = 0.5  # the share of rows with a value; a text that differs more often names rows
_SENTENCE = 4  # words
_IDENTIFIER = re.compile(
    r"(.*[_\W])?(id|key|index|uuid|guid|rownames?|row_?number)|unnamed: ?\d+|", re.IGNORECASE
)
_CAMEL = re.compile(r".*[a-z](Id|ID|Key)")  # customerId, but not `paid`


class ColumnRole(NamedTuple):
    """A column's role, and why it is dropped, or what else should be known of it."""

    summary: ColumnSummary
    role: Role
    reason: str = ""
    is_group: bool = False  # names what several rows belong to

    @property
    def name(self) -> str:
        """The column's name."""
        return self.summary.name


def roles_of(summaries: Sequence[ColumnSummary]) -> list[ColumnRole]:
    """The role of each column as an input."""
    return [_role(one) for one in summaries]


def _role(column: ColumnSummary) -> ColumnRole:
    reason = next(filter(None, (rule(column) for rule in _DROPPED)), "")
    if reason:
        return ColumnRole(column, "dropped", reason)
    if is_identifier(column.name) and column.kind != "dates":
        return _code(column)
    if column.kind == "dates":
        return ColumnRole(column, "dates")
    return ColumnRole(column, "numbers") if column.kind == "numbers" else _text(column)


def is_identifier(name: str) -> bool:
    """Whether a column's name says that it numbers or names things."""
    return bool(_IDENTIFIER.fullmatch(name) or _CAMEL.fullmatch(name))


def _code(column: ColumnSummary) -> ColumnRole:
    """A column of identifiers: few of them are categories, many name what rows belong to."""
    if column.distinct <= MAX_CATEGORIES:
        return ColumnRole(column, "categories")
    reason = f"{column.distinct:,} different identifiers: what is learnt of one helps no other"
    return ColumnRole(column, "dropped", reason, is_group=True)


def _text(column: ColumnSummary) -> ColumnRole:
    """Text: categories, many categories, sentences, or names of rows."""
    names_rows = column.distinct > _MAX_DISTINCT * column.present
    if column.words >= _SENTENCE and names_rows:
        return ColumnRole(column, "text", "free text")
    if names_rows and column.distinct > _SENTENCE:
        reason = f"{column.distinct:,} different texts in {column.present:,} rows tell little apart"
        return ColumnRole(column, "dropped", reason)
    return ColumnRole(column, "categories" if column.distinct <= MAX_CATEGORIES else "hashed")


def _unreadable(column: ColumnSummary) -> str:
    return "" if column.kind else f"holds values of the type {column.type_name}"


def _pattern(column: ColumnSummary) -> str:
    return "has a * in its name, which stands for any characters" if "*" in column.name else ""


def _empty(column: ColumnSummary) -> str:
    if column.missing == column.rows:
        return "holds no value"
    mostly = column.missing > _MAX_MISSING * column.rows
    return f"holds a value in {column.present:,} of {column.rows:,} rows only" if mostly else ""


def _constant(column: ColumnSummary) -> str:
    return "" if column.distinct > 1 else "is the same in each row"


def _infinite(column: ColumnSummary) -> str:
    extremes = column.least, column.greatest
    infinite = any(isinstance(one, float) and isinf(one) for one in extremes)
    return "holds inf, from which nothing can be computed" if infinite else ""


def _row_number(column: ColumnSummary) -> str:
    """Whole numbers that count the rows, or values of a column of identifiers that never recur."""
    if column.missing or column.distinct != column.rows or column.rows <= _SENTENCE:
        return ""
    if is_identifier(column.name):
        return "identifies each row"
    counts = column.kind == "numbers" and column.is_whole
    is_number = counts and column.greatest - column.least == column.rows - 1
    return "counts the rows" if is_number else ""


_DROPPED: tuple[Callable[[ColumnSummary], str], ...] = (
    _unreadable,
    _pattern,
    _empty,
    _constant,
    _infinite,
    _row_number,
)
