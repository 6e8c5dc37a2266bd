"""The run that is gone on with: a run folder, or the newest unfinished of numbered runs."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from nnspec.errors import RunError, visible
from nnspec.runs.ending import Ending, read_ending
from nnspec.runs.selection import is_run, newest_first, verify_run
from nnspec.spec.document import Spec
from nnspec.spec.loader import to_path


def run_to_resume(path: str | PathLike[str]) -> Path:
    """The run in a folder, or of numbered runs the newest that has not ended.

    Where all have ended it is the newest. Raises RunError if there is no run, or its weights are
    imported: training would replace them.
    """
    folder = to_path(path, "a run")
    verify_run(folder)
    run = folder if is_run(folder) else _newest_unfinished(folder)
    ending, name = read_ending(run), visible(str(run))
    if ending.status == "imported":
        hint = f"train.initial_weights={name} in a new run trains from them"
        raise RunError(f"{name} {ending}, and no training to go on with", hint)
    return run


def _newest_unfinished(folder: Path) -> Path:
    runs = list(newest_first(folder))
    return next((run for run in runs if _is_unfinished(read_ending(run))), runs[0])


def unfinished_run(spec: Spec, out: str | PathLike[str]) -> Path | None:
    """The newest run of a spec in a folder of runs that is shorter than the spec says.

    None if there is none. One that has diverged would diverge again, and is left out, as is one of
    imported weights.
    """
    for run in newest_first(to_path(out, "the folder of runs") / spec.name):
        ending = read_ending(run)
        if _is_unfinished(ending):
            return run
        has_ended = ending.stopped_early or ending.has_done(spec.train)
        if ending.status == "finished" and not has_ended:
            return run
    return None


def _is_unfinished(ending: Ending) -> bool:
    return ending.status not in ("finished", "diverged", "imported")
