"""How a run ended, as `metrics.json` says."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from nnspec.errors import RunError
from nnspec.runs import atomic_files
from nnspec.runs.history import read_history

# `running` is written when the folder is made, so a run that was killed has it too.
Status = Literal["running", "finished", "interrupted", "diverged", "failed", "imported"]
FILE = "metrics.json"


class Ending(NamedTuple):
    """The status of a run, the completed epochs, and why it diverged, failed or is unknown."""

    status: Status | Literal["unknown"]
    epochs: int = 0
    message: str = ""
    stopped_early: bool = False

    def __str__(self) -> str:
        """What is said of a run, after its name."""
        return {
            "running": f"has not ended: it was stopped {self._place}, or is still running",
            "finished": f"finished {self._early}after {_epochs(self.epochs)}",
            "interrupted": f"was interrupted {self._place}",
            "diverged": f"diverged: {self.message}",
            "failed": f"failed {self._place}: {self.message}",
            "imported": f"has weights {self.message}",
            "unknown": f"has {self.message}: how it ended is not known",
        }[self.status]

    @property
    def _early(self) -> str:
        return "early, " if self.stopped_early else ""

    @property
    def _place(self) -> str:
        if not self.epochs:
            return "before the end of its first epoch"
        return f"after {_epochs(self.epochs)}"


def read_ending(run: Path) -> Ending:
    """How the run in a folder ended, as far as its `metrics.json` is to be read."""
    path = run / FILE
    if not path.exists():
        return Ending("unknown", message=f"no {FILE}")
    try:
        return _ending(run, atomic_files.read_json(path))
    except (RunError, KeyError, TypeError, ValueError, AttributeError):
        return Ending("unknown", message=f"a damaged {FILE}")


def _ending(run: Path, values: Any) -> Ending:
    """The ending that the content of `metrics.json` says."""
    old = "interrupted" if values.get("interrupted") else "finished"  # without a status
    status: Status = values.get("status", old)
    if status not in get_args(Status):
        raise ValueError("no status")
    if status == "running":
        return Ending("running", _saved_epochs(run))
    message = str(values.get("message") or "")
    stopped_early = bool((values.get("early_stopping") or {}).get("stopped"))
    return Ending(status, len(values["epochs"]), message, stopped_early)


def _saved_epochs(run: Path) -> int:
    """The epochs in the history of a run that has not ended."""
    try:
        return len(read_history(run / "history.csv").get("epoch", ()))
    except RunError:
        return 0


def _epochs(count: int) -> str:
    return f"{count:,} epoch{'s' if count != 1 else ''}"
