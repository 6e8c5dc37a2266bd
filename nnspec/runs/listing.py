"""Lists of runs: those in a folder, those that conditions choose, sorted by a figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from nnspec.errors import NnspecError, Problem, argument_place, did_you_mean, quoted
from nnspec.runs.run_condition import Condition, option_at
from nnspec.runs.run_record import RunRecord
from nnspec.runs.selection import runs_in

_MISSING = object()


def runs_below(folder: Path) -> list[Path]:
    """The run in a folder, its numbered runs, or those of each folder in it, by name and number."""
    return runs_in(folder) or [run for one in _folders_in(folder) for run in runs_in(one)]


def folders_of_runs(folder: Path) -> list[Path]:
    """The folders in a folder that have runs below."""
    return [one for one in _folders_in(folder) if runs_below(one)]


def _folders_in(folder: Path) -> list[Path]:
    """The folders in a folder that can be read."""
    try:
        return sorted(entry for entry in folder.iterdir() if entry.is_dir())
    except OSError:
        return []


def choose(records: Sequence[RunRecord], conditions: Iterable[Condition]) -> list[RunRecord]:
    """The records for which all conditions hold.

    Raises an NnspecError where no run has the figure or the option that a condition names.
    """
    for condition in conditions:
        values = _values(records, condition.name, condition.text, "--where")
        records = [
            record
            for record, value in zip(records, values, strict=True)
            if value is not _MISSING and condition.holds(value)
        ]
    return list(records)


def sort(records: Sequence[RunRecord], name: str, *, descending: bool) -> list[RunRecord]:
    """The records by a figure or an option; those without it are the last ones."""
    values = dict(zip(map(id, records), _values(records, name, name, "--sort"), strict=True))
    known = [record for record in records if values[id(record)] not in (_MISSING, None)]
    others = [record for record in records if values[id(record)] in (_MISSING, None)]
    return [*sorted(known, key=lambda one: _key(values[id(one)]), reverse=descending), *others]


def _values(records: Sequence[RunRecord], name: str, text: str, option: str) -> list[Any]:
    """The figure of each run, or the option of its spec; _MISSING where it has neither."""
    values = [record.figures.get(name, _MISSING) for record in records]
    if all(value is _MISSING for value in values):
        values = [option_at(record.spec, name, _MISSING) for record in records]
    if records and all(value is _MISSING for value in values):
        known = dict.fromkeys(figure for record in records for figure in record.figures)
        message = f"no run has the figure or the option {quoted(name)}"
        hint = did_you_mean(name, list(known))
        raise NnspecError(Problem(message, argument_place(text, option), hint))
    return values


def _key(value: Any) -> tuple[int, Any]:
    """What numbers are sorted by, before texts."""
    is_number = isinstance(value, int | float)
    return (0, value) if is_number else (1, str(value))
