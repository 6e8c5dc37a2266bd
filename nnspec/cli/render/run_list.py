"""Text of a list of runs: a line for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.cli.render.tables import number
from nnspec.errors import cut, visible
from nnspec.language.writer import dump_flow
from nnspec.runs.run_condition import option_at
from nnspec.runs.run_record import RunRecord

_FIRST, _LAST = ("status", "backend", "precision", "epochs"), ("seconds", "started")
_MAX_METRICS = 3  # columns of a split, unless more are asked for


def run_list(records: Sequence[RunRecord], folder: Path, asked: Sequence[str]) -> str:
    """A table of runs; the figures and options that are `asked` for have columns of their own."""
    if not records:
        return "no run"
    head = [*_FIRST, *_metric_names(records)]
    shown = {*head, *_LAST, "run", "name"}
    others = [name for name in dict.fromkeys(asked) if name not in shown]
    columns = [*head, *others, *_LAST]
    rows = [["run", *columns]]
    rows += [
        [_name(one, folder), *(_text(name, _value(one, name, others)) for name in columns)]
        for one in records
    ]
    return _aligned(rows)


def no_runs(folder: Path, inner: Sequence[Path]) -> str:
    """What is said of a folder without runs, of which `inner` folders have some below."""
    if inner:
        return f"no run in {visible(str(folder))}; there are runs in {visible(str(inner[0]))}"
    return f"no runs yet in {visible(str(folder))}: nnspec run keeps them there"


def _metric_names(records: Sequence[RunRecord]) -> list[str]:
    """The metrics on test rows that most runs have; on training rows too where some have none."""
    names: list[str] = []
    for split in ("test.", "train."):
        if not all(any(name in record.figures for name in names) for record in records):
            found = (name for one in records for name in one.figures if name.startswith(split))
            names += [name for name, _ in Counter(found).most_common(_MAX_METRICS)]
    return names


def _name(record: RunRecord, folder: Path) -> str:
    path = record.path.relative_to(folder) if record.path != folder else record.path
    return visible(str(path))


def _value(record: RunRecord, name: str, options: Sequence[str]) -> Any:
    """A figure of a run, or one of some options of its spec; None where it has neither."""
    if name in options and name not in record.figures:
        return option_at(record.spec, name, None)
    return record.figures.get(name)


def _text(column: str, value: Any) -> str:
    if value is None:
        return ""
    if column == "seconds" and isinstance(value, float):
        return f"{value:.1f}"
    if column == "started":
        return visible(str(value)[:16].replace("T", " "))  # to the minute
    if isinstance(value, int | float) and not isinstance(value, bool):
        return number(value)
    if isinstance(value, Mapping) and len(value) == 1:
        return visible(str(next(iter(value))))  # a component, by its kind
    if isinstance(value, Mapping | list):
        return cut(dump_flow(value))
    return visible(str(value))


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """The cells in columns: numbers to the right, texts to the left."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    right = [all(_is_number(cell) for cell in column[1:]) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ).rstrip()
        for row in rows
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", "") or 0)
    except ValueError:
        return False
    return True
