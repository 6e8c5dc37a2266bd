"""Columns of text that are numbers, but for how they are written: marks, units, missing cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from nnspec.data.tables.cells import NumberFormat, as_type
from nnspec.spec.column_contracts import ColumnType

if TYPE_CHECKING:
    import polars as pl

PLACEHOLDERS = (
    "-", "--", "---", "–", "—", ".", "..", "...", "n/a", "#N/A", "N.A.", "n.a.", "<NA>", "#NULL!",
    "0000-00-00",
)  # fmt: skip
_WORDS = ("none", "na", "nil", "null", "nan", "missing", "unknown")  # beside numbers, in any case
_PLAIN = NumberFormat()
_POINT = tuple(NumberFormat(".", mark) for mark in (",", "'", " ", "_"))
_COMMA = (NumberFormat(",", None), *(NumberFormat(",", mark) for mark in (".", " ", "'")))
_MOST_OTHERS = 5  # different texts beside numbers, which then say that there is none
_SHARE = 0.8  # of the cells that must be numbers, where another cell is an unknown text
_SAMPLE = 100  # texts of which the unit is found
_CODE = r"^[+-]?0[0-9]"  # a number that begins with 0, such as a postal code
_UNIT = re.compile(
    r"[+-]?\s*([$€£¥₹₩₽]|(?:USD|EUR|GBP|CHF|JPY|CNY|TWD|NT\$|US\$)\s?)?\s*"
    r"[+-]?\d[\d., '’_\u00a0\u2009\u202f]*(?:[eE][+-]?\d+)?([^\d\s.,'’_/:+-]\S{0,7})?"
)  # fmt: skip


class NumberColumn(NamedTuple):
    """What a column of numbers has beside them: a unit, and texts where a number is missing."""

    unit: str | None
    missing: tuple[str, ...]


class NumberTexts(NamedTuple):
    """How a file writes numbers, and the columns of text that are numbers so written."""

    format: NumberFormat
    columns: Mapping[str, NumberColumn]


def number_texts(
    texts: Mapping[str, pl.DataFrame], *, has_points: bool, prefers_comma: bool
) -> NumberTexts:
    """The way of writing numbers in which most columns are numbers; the plainest of several.

    `texts` holds the different texts of each column, `text`, and the `rows` of each. Where other
    columns have decimal points, the decimal mark is one.
    """
    marked = (*_COMMA, *_POINT) if prefers_comma else (*_POINT, *_COMMA)
    formats = (_PLAIN, *(one for one in marked if one.decimal == "." or not has_points))
    found = [NumberTexts(one, _number_columns(texts, one)) for one in formats]
    return max(found, key=lambda one: len(one.columns))


def placeholders(texts: Iterable[str]) -> list[str]:
    """The texts that stand for a missing cell in columns of any kind."""
    return [text for text in texts if text in PLACEHOLDERS]


def _number_columns(
    texts: Mapping[str, pl.DataFrame], written: NumberFormat
) -> dict[str, NumberColumn]:
    columns = {name: _number_column(one, written) for name, one in texts.items()}
    held = [one["text"] for name, one in texts.items() if columns[name] is None]
    return {
        name: column for name, column in columns.items() if column and not _conflicts(column, held)
    }


def _conflicts(column: NumberColumn, held: Sequence[pl.Series]) -> bool:
    """Whether a text for a missing number is a category of another column."""
    words = [text for text in column.missing if not _is_placeholder(text)]
    return any(texts.is_in(words).any() for texts in held) if words else False


def _number_column(texts: pl.DataFrame, written: NumberFormat) -> NumberColumn | None:
    """What a column of texts has beside its numbers; None where it is no column of numbers."""
    cells = texts["text"]
    unit = _unit(cells.head(_SAMPLE).to_list())
    numbers = as_type(cells, ColumnType("number", unit=unit), written).is_not_null()
    others = cells.filter(~numbers).head(_MOST_OTHERS + 1).to_list()
    if not numbers.any() or cells.filter(numbers).str.contains(_CODE).any():
        return None
    share = int(texts["rows"].filter(numbers).sum()) / int(texts["rows"].sum())
    if not all(map(_is_placeholder, others)) and (len(others) > _MOST_OTHERS or share < _SHARE):
        return None
    return NumberColumn(unit, tuple(others))


def _is_placeholder(text: str) -> bool:
    return text in PLACEHOLDERS or text.lower() in _WORDS


def _unit(texts: Sequence[str]) -> str | None:
    """The text before or behind most numbers."""
    matches = [match for text in texts if (match := _UNIT.fullmatch(text))]
    units = Counter((match[1] or match[2] or "").strip() for match in matches)
    return units.most_common(1)[0][0] or None if units else None
