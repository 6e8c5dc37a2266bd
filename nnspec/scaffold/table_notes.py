"""What a user should know of a table beside the comments of its spec."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from nnspec.errors import visible
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.table_draft import TableDraft

_MOST_NAMED = 3


def table_notes(draft: TableDraft) -> Iterator[str]:
    """Notes on what was guessed of the cells, and on what the rows cannot teach."""
    for reason in draft.reasons:
        yield f"{visible(draft.file)}: {reason}"
    for column in (*draft.columns, draft.task.target):
        yield from _on_dates(column)
        yield from _on_case(column)
    if draft.task.kind != "number":
        yield from _on_single_rows(draft.task.target)


def _on_dates(column: ColumnSummary) -> Iterator[str]:
    if column.other_format:
        read = f"{visible(column.name)} is read as {column.format}"
        yield f"{read}; if day and month are exchanged, its format is {column.other_format}"


def _on_case(column: ColumnSummary) -> Iterator[str]:
    """Categories that differ in case or spaces alone: nnspec takes them for different ones."""
    alike = defaultdict[str, list[str]](list)
    for text in column.counts if column.kind == "text" else ():
        alike[" ".join(text.lower().split())].append(text)
    groups = [" and ".join(map(visible, texts)) for texts in alike.values() if len(texts) > 1]
    if groups:
        listed = "; ".join(groups[:_MOST_NAMED]) + ("; ..." if len(groups) > _MOST_NAMED else "")
        yield f"{visible(column.name)} has categories that differ in case or spaces alone: {listed}"


def _on_single_rows(target: ColumnSummary) -> Iterator[str]:
    single = _classes_of(target.counts, 1)
    if single:
        classes = ", ".join(visible(str(one)) for one in single[:_MOST_NAMED])
        more = f" and {len(single) - _MOST_NAMED:,} more" if len(single) > _MOST_NAMED else ""
        yield f"one row alone is of {visible(target.name)} {classes}{more}: it cannot be tested"


def _classes_of(counts: Mapping[object, int], rows: int) -> list[object]:
    return [one for one, found in counts.items() if found == rows]
