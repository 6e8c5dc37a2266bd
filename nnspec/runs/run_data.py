"""The data of a run, read again from their source."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.data.splits import Splits, data_sha256, load_splits
from nnspec.errors import DataError, Problem, visible
from nnspec.runs.file_names import SPEC
from nnspec.runs.folder import RunFolder
from nnspec.spec.document import Spec


class RunData(NamedTuple):
    """Raw rows of a run's data; `changed` if they are not those that it was trained on."""

    splits: Splits
    changed: bool | None  # None: not known


def read_run_data(folder: RunFolder, spec: Spec) -> RunData:
    """Read the data of a run's spec, and tell if they have changed.

    Raises DataError, at the source in the spec, if they are not there any more.
    """
    try:
        splits = load_splits(spec)
    except DataError as error:
        raise DataError(_unreadable(folder, problem) for problem in error.problems) from None
    expected = folder.data_sha256()
    changed = None if expected is None else data_sha256(splits) != expected
    if changed:
        run = visible(str(folder.path))
        folder.on_note(f"the data are not those that {run} was trained on: they have changed")
    return RunData(splits, changed)


def _unreadable(folder: RunFolder, problem: Problem) -> Problem:
    """The problem, with the run whose data cannot be read."""
    message = f"this needs the data of {visible(str(folder.path))}, and {problem.message}"
    accept = f"nnspec verify {visible(str(folder.path))} --accept {SPEC}"
    hint = f"put them back, give other rows, or write their new path here and run {accept}"
    return Problem(message, problem.where, problem.hint or hint, problem.code)
