"""Groups of columns with the same role, and how each is prepared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from nnspec.scaffold.column_roles import ColumnRole, Role
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.network_choice import power_of_two

_BUCKETS = 32
_VOCABULARY = 10_000
_MOST_WORDS = 128
_EMBEDDED = 16  # numbers of a word
_UNKNOWN = {"impute": {"strategy": "constant", "value": "unknown"}}


class InputGroup(NamedTuple):
    """Columns that are prepared alike, their steps, and why these."""

    role: Role
    columns: tuple[str, ...]
    steps: tuple[Any, ...]
    reason: str
    width: int  # numbers of a prepared row


def input_groups(columns: Sequence[ColumnRole]) -> list[InputGroup]:
    """Columns of one role as one group; numbers with missing values, and codes, apart."""
    numbers = [one for one in columns if one.role == "numbers"]
    categories = [one for one in columns if one.role == "categories"]
    hashed = [one for one in columns if one.role == "hashed"]
    groups = [
        _numbers([one for one in numbers if not one.summary.missing]),
        _numbers_with_missing([one for one in numbers if one.summary.missing]),
        _categories([one for one in categories if one.summary.kind == "text"]),
        _categories([one for one in categories if one.summary.kind == "numbers"]),
        _hashed([one for one in hashed if not one.summary.missing]),
        _hashed_with_missing([one for one in hashed if one.summary.missing]),
        *_dates([one for one in columns if one.role == "dates"]),
    ]
    return [group for group in groups if group.columns]


def text_group(columns: Sequence[ColumnRole]) -> list[InputGroup]:
    """The free text with the most words: an input of its own, where there are no others."""
    texts = [one for one in columns if one.role == "text"]
    if not texts:
        return []
    text = max(texts, key=lambda one: one.summary.words)
    length = min(power_of_two(round(2 * text.summary.words)), _MOST_WORDS)
    holed = [_UNKNOWN] if text.summary.missing else []
    steps = (*holed, {"tokenize": {"vocabulary": _VOCABULARY, "length": length}})
    reason = f"text of {text.summary.words:.0f} words in the mean: the first {length} as numbers"
    return [InputGroup("text", (text.name,), steps, reason, _EMBEDDED * length)]


def _names(columns: Sequence[ColumnRole]) -> tuple[str, ...]:
    return tuple(one.name for one in columns)


def _numbers(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = "numbers: mean 0 and deviation 1, so that none drowns another"
    return InputGroup("numbers", _names(columns), ("standardize",), reason, len(columns))


def _numbers_with_missing(columns: Sequence[ColumnRole]) -> InputGroup:
    most = max((one.summary.missing for one in columns), default=0)
    reason = f"numbers of which up to {most:,} are missing: the median stands for those"
    steps = ({"impute": "median"}, "standardize")
    return InputGroup("numbers", _names(columns), steps, reason, len(columns))


def _categories(columns: Sequence[ColumnRole]) -> InputGroup:
    what = "codes" if columns and columns[0].summary.kind == "numbers" else "categories"
    reason = f"{what}: a column each; one that is missing or new has 0 in all"
    width = sum(one.summary.distinct for one in columns)
    steps = ({"one_hot": {"unknown": "zeros"}},)
    return InputGroup("categories", _names(columns), steps, reason, width)


def _hashed(columns: Sequence[ColumnRole]) -> InputGroup:
    reason = f"more than 50 categories, which share {_BUCKETS} columns"
    steps, width = ({"hash": _BUCKETS},), _BUCKETS * len(columns)
    return InputGroup("hashed", _names(columns), steps, reason, width)


def _hashed_with_missing(columns: Sequence[ColumnRole]) -> InputGroup:
    group = _hashed(columns)
    reason = f"{group.reason}; `unknown` stands for a missing one"
    return group._replace(steps=(_UNKNOWN, *group.steps), reason=reason)


def _dates(columns: Sequence[ColumnRole]) -> Iterator[InputGroup]:
    """A group for each date, with the parts in which its values differ."""
    for one in columns:
        parts = date_parts(one.summary)
        holed = [{"impute": "median"}] if one.summary.missing else []
        steps = (*holed, {"date_parts": parts}, "standardize")
        reason = f"{one.summary.least:%Y-%m-%d} to {one.summary.greatest:%Y-%m-%d}, as numbers"
        yield InputGroup("dates", (one.name,), steps, reason, len(parts))


def date_parts(date: ColumnSummary) -> list[str]:
    """The parts of a date in which its values differ, by the first and the last one."""
    span = date.greatest - date.least
    parts = ["year"] if date.least.year != date.greatest.year else []
    parts += ["month"] if date.least.month != date.greatest.month or parts else []
    parts += ["day", "weekday"] if span.days else []
    return [*parts, "hour"] if date.type_name.startswith("Datetime") else parts
