"""Selection of a run: a run folder, or the newest that finished in a folder of numbered runs.

A run of imported weights has nothing to finish, and is taken as one that has finished.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nnspec.errors import RunError, nearest, visible
from nnspec.runs.ending import Ending, read_ending
from nnspec.runs.file_names import FILES, MANIFEST, SPEC
from nnspec.runs.numbered_folders import folder_numbers

# What is taken where no run has finished: the earlier, the better.
_ORDER = ("finished", "imported", "interrupted", "running", "unknown", "failed", "diverged")
_MAX_TOLD = 3  # newer runs that are told of


class Selection(NamedTuple):
    """A run, how it ended, and what is said of each newer run that was not taken."""

    path: Path
    ending: Ending
    passed_over: tuple[str, ...] = ()

    def note(self) -> str:
        """What a user must know of the selection; nothing of a newest run that finished."""
        name = visible(str(self.path))
        how = "" if self.ending.status == "finished" else str(self.ending)
        if not self.passed_over:
            return f"{name} {how}" if how else ""
        told = list(self.passed_over[:_MAX_TOLD])
        more = len(self.passed_over) - len(told)
        told += [f"and {more:,} more newer runs have not finished"] if more else []
        return "; ".join([f"took {name}{f', which {how}' if how else ''}", *told])


def select_run(path: Path) -> Selection:
    """The run in a folder, or of numbered runs the newest that finished.

    Where none has finished, it is the newest that was interrupted, else that was killed, else one
    that failed or diverged. Raises RunError if there is no run.
    """
    if is_run(path):
        return Selection(path, read_ending(path))
    found: list[Selection] = []
    passed_over: list[str] = []
    for run in newest_first(path):
        ending = read_ending(run)
        found.append(Selection(run, ending, tuple(passed_over)))
        if ending.status in _ORDER[:2]:
            break
        passed_over.append(f"{visible(str(run))} {ending}")
    if not found:
        raise no_run(path)
    return min(found, key=lambda one: _ORDER.index(one.ending.status))


def runs_in(path: Path) -> list[Path]:
    """The run in a folder, or all of its numbered runs, the oldest first; empty without any.

    One that lacks its spec, and has a manifest, is a run that is damaged.
    """
    if _was_run(path):
        return [path]
    numbered = (path / str(number) for number in sorted(folder_numbers(path)))
    return [run for run in numbered if _was_run(run)]


def _was_run(path: Path) -> bool:
    return is_run(path) or (path / MANIFEST).exists()


def verify_run(path: Path) -> None:
    """Raise RunError unless the folder holds a run, or numbered runs."""
    if not is_run(path) and not any(newest_first(path)):
        raise no_run(path)


def is_run(path: Path) -> bool:
    """Whether the folder holds a run."""
    return (path / SPEC).is_file()


def is_file_of_run(path: Path) -> bool:
    """Whether the path is that of one of the files by which a run is opened."""
    path = path.resolve()
    return any(path == run / name for run in path.parents[:2] if is_run(run) for name in FILES)


def newest_first(parent: Path) -> Iterator[Path]:
    """The runs in a folder of numbered runs, by descending number."""
    paths = (parent / str(number) for number in sorted(folder_numbers(parent), reverse=True))
    return (path for path in paths if is_run(path))


def no_run(path: Path) -> RunError:
    """What is told where a folder holds no run."""
    inner = _names_of_runs(path)
    if inner:
        listed = ", ".join(visible(str(path / name)) for name in inner[:_MAX_TOLD])
        hint = f"it holds runs: {listed}{', ...' if len(inner) > _MAX_TOLD else ''}"
    elif guess := nearest(path.name, _names_of_runs(path.parent)):
        hint = f"did you mean {visible(str(path.parent / guess))}?"
    else:
        hint = f"it has no {SPEC}"
    return RunError(f"{visible(str(path))} is no run folder", hint)


def _names_of_runs(parent: Path) -> list[str]:
    """The names of the runs, or of the folders of numbered runs, in a folder."""
    try:
        entries = sorted(parent.iterdir())
    except OSError:
        return []
    return [entry.name for entry in entries if is_run(entry) or any(newest_first(entry))]
