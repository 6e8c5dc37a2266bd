"""Text of a report on data for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, zip_longest

from nnspec.analysis.data_report.model import (
    CategoryCount,
    ClassBalance,
    ColumnReport,
    DataReport,
    Picture,
    RowTable,
)
from nnspec.cli.render.tables import aligned
from nnspec.errors import visible
from nnspec.options.shapes import format_shape
from nnspec.plotting import thumbnails

WIDTH = 100
_BARS = " ▁▂▃▄▅▆▇█"
_MAX_CELL, _MAX_NAME = 24, 28  # characters
_MAX_COLUMNS, _MAX_CLASSES, _MAX_CATEGORIES, _MAX_REFUSED = 40, 12, 3, 5  # that are shown
_MAX_DOTS = 64  # height and width of an image that is drawn


def text(report: DataReport) -> str:
    """All sections that the report has, with an empty line between them."""
    refused = [f"{visible(place)}: {visible(reason)}" for place, reason in report.refused]
    sections = [
        [f"{visible(report.name)}, {report.source}: {_parts(report)}", *_sentence(report.split)],
        list(_columns(report.columns)),
        *(list(_balance(one)) for one in report.balances),
        list(_pictures(report.pictures)),
        list(_steps(report)),
        *(list(_rows(one)) for one in (report.before, *report.after)),
        list(_few(refused, f"{len(refused):,} rows refused", _MAX_REFUSED)),
        [problem.render() for problem in (*report.advice, *report.problems)],
    ]
    return "\n\n".join("\n".join(lines) for lines in sections if lines)


def _parts(report: DataReport) -> str:
    return ", ".join(f"{part.rows:,} {part.name} rows" for part in report.parts)


def _sentence(words: str) -> list[str]:
    return [words] if words else []


def _columns(columns: Sequence[ColumnReport]) -> Iterator[str]:
    """A line for each column: type, missing values, range and mean, or its categories."""
    cells: list[tuple[str, ...]] = [("", "type", "missing", "least", "mean", "greatest", "")]
    shown = columns[:_MAX_COLUMNS]
    for side, group in groupby(shown, key=lambda one: one.side):
        cells += [(side, *[""] * 6), *(_column(one) for one in group)]
    *table, last = zip(*cells, strict=True)
    lines = aligned(list(zip(*table, strict=True))).split("\n")
    width = max(map(len, lines))
    for line, end in zip(lines, last, strict=True):
        yield f"{line.ljust(width)}  {end}".rstrip()
    if len(columns) > len(shown):
        yield f"  ... and {len(columns) - len(shown):,} more"


def _column(one: ColumnReport) -> tuple[str, ...]:
    shape = f" {format_shape(one.shape)}" if one.shape else ""
    missing = f"{one.missing:,}" if one.missing else "-"
    mean = "" if one.mean is None else f"{one.mean:.5g}"
    cells = (f"  {_name(one.name)}", one.type + shape, missing, one.least, mean, one.greatest)
    return (*cells, _values(one))


def _values(one: ColumnReport) -> str:
    """The most frequent values of a column, or a bar for each interval of its numbers."""
    if not one.categories:
        return "".join(_bar(count, max(one.histogram)) for count in one.histogram)
    shown = ", ".join(map(_category, one.categories[:_MAX_CATEGORIES]))
    more = (one.distinct or 0) - min(len(one.categories), _MAX_CATEGORIES)
    return f"{shown}, {more:,} more" if more > 0 else shown


def _category(one: CategoryCount) -> str:
    return f"{_cell(one.value) or repr(one.value)} {one.rows:,}"


def _bar(count: int, greatest: int) -> str:
    """A character as high as a count; one that is not 0 is not empty."""
    return _BARS[-(-count * (len(_BARS) - 1) // greatest)]


def _balance(one: ClassBalance) -> Iterator[str]:
    """The share of each class in each part."""
    totals = [sum(column) or 1 for column in zip(*one.counts, strict=True)]
    cells = [(f"classes of {_name(one.target)}", *one.parts)]
    for label, counts in zip(one.classes[:_MAX_CLASSES], one.counts, strict=False):
        shares = (
            f"{count:,} {100 * count / total:5.1f} %"
            for count, total in zip(counts, totals, strict=True)
        )
        cells.append((f"  {_cell(label)}", *shares))
    yield aligned(cells)
    if len(one.classes) > _MAX_CLASSES:
        yield f"  ... and {len(one.classes) - _MAX_CLASSES:,} more"


def _pictures(pictures: Sequence[Picture]) -> Iterator[str]:
    """As many images side by side as fit, below their targets."""
    if not pictures or max(pictures[0].image.shape[:2]) > _MAX_DOTS:
        return
    block, width = list[list[str]](), 0
    for one in pictures:
        dots = thumbnails.dots(one.image)
        width += len(dots[0]) + 2
        if width > WIDTH:
            break
        block.append([_cell(one.label).ljust(len(dots[0])), *dots])
    for lines in zip_longest(*block, fillvalue=""):
        yield "  ".join(lines).rstrip()


def _steps(report: DataReport) -> Iterator[str]:
    """The steps of each group of columns, with what they have learnt."""
    if report.steps:
        yield "preparation"
    for columns, steps in groupby(report.steps, key=lambda one: one.columns):
        yield f"  {_cut(columns, WIDTH - 2)}"
        for one in steps:
            yield _cut(f"    {'; '.join([one.step, *one.state])}", WIDTH)


def _rows(one: RowTable) -> Iterator[str]:
    """The first rows, in as many columns as fit."""
    columns = [
        [_cell(name), *map(_cell, cells)]
        for name, cells in zip(one.columns, zip(*one.rows, strict=True), strict=False)
    ]
    width, shown = 0, list[list[str]]()
    for column in columns:
        width += max(map(len, column)) + 2
        if width > WIDTH and shown:
            break
        shown.append(column)
    more = len(one.columns) + one.more - len(shown)
    rest = f" ({more:,} more columns)" if more else ""
    yield f"first rows, {visible(one.title)}{rest}"
    yield from (f"  {line}" for line in _right_aligned(shown))


def _right_aligned(columns: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in columns]
    for row in zip(*columns, strict=True):
        yield "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True))


def _few(lines: Sequence[str], title: str, limit: int) -> Iterator[str]:
    """The first lines below a title; nothing where there are none."""
    if lines:
        yield title
        yield from (_cut(f"  {line}", WIDTH) for line in lines[:limit])
    if len(lines) > limit:
        yield f"  ... and {len(lines) - limit:,} more"


def _name(name: str) -> str:
    return _cut(name, _MAX_NAME)


def _cell(cell: str) -> str:
    return _cut(cell, _MAX_CELL)


def _cut(words: str, limit: int) -> str:
    shown = visible(words)
    return shown if len(shown) <= limit else f"{shown[: limit - 3]}..."
