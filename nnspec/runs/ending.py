"""How a run ended, as `metrics.json` says."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from nnspec.errors import RunError
from nnspec.runs.file_names import HISTORY, MANIFEST, METRICS
from nnspec.runs.history import parse_history
from nnspec.runs.lock import find_holder
from nnspec.runs.manifest import read_manifest
from nnspec.runs.training_length import TrainingLength
from nnspec.runs.verified_files import read_verified, read_verified_json

if TYPE_CHECKING:  # imports pydantic
    from nnspec.spec.train_options import TrainOptions

# `running` is written when the folder is made, so a run that was killed has it too.
Status = Literal["running", "finished", "interrupted", "diverged", "failed", "imported"]


class Ending(NamedTuple):
    """The status of a run, the completed epochs, and a reason.

    That is why it diverged, failed or is unknown, or which process is still training it. `length`
    is known of a run that has finished or was interrupted.
    """

    status: Status | Literal["unknown"]
    epochs: int = 0
    message: str = ""
    stopped_early: bool = False
    length: TrainingLength | None = None

    def __str__(self) -> str:
        """What is said of a run, after its name."""
        return {
            "running": f"has not ended: {self._unfinished}",
            "finished": f"finished {self._early}after {_epochs(self.epochs)}{self._within}",
            "interrupted": f"was interrupted {self._place}",
            "diverged": f"diverged: {self.message}",
            "failed": f"failed {self._place}: {self.message}",
            "imported": f"has weights {self.message}",
            "unknown": f"has {self.message}: how it ended is not known",
        }[self.status]

    @property
    def is_training(self) -> bool:
        """Whether a process is training the run now."""
        return self.status == "running" and bool(self.message)

    def has_done(self, options: TrainOptions) -> bool:
        """Whether it has trained as long as options say, as far as that is known without rows."""
        if self.length is not None:
            return self.length.covers(options)
        return options.epochs is not None and self.epochs >= options.epochs

    @property
    def _within(self) -> str:
        if not self.length or not self.length.is_out_of_time:
            return ""
        return f" ({self.length.steps:,} steps): its time budget was used up"

    @property
    def _early(self) -> str:
        return "early, " if self.stopped_early else ""

    @property
    def _unfinished(self) -> str:
        return f"{self.message} trains it" if self.message else f"it was stopped {self._place}"

    @property
    def _place(self) -> str:
        if not self.epochs:
            return "before the end of its first epoch"
        return f"after {_epochs(self.epochs)}"


def read_ending(run: Path) -> Ending:
    """How the run in a folder ended, as far as its `metrics.json` is to be read."""
    try:
        read_manifest(run)
    except RunError:
        what = "a damaged" if (run / MANIFEST).exists() else "no"
        return Ending("unknown", message=f"{what} {MANIFEST}")
    if not (run / METRICS).exists():
        return Ending("unknown", message=f"no {METRICS}")
    try:
        return _ending(run, read_verified_json(run, METRICS))
    except (RunError, KeyError, TypeError, ValueError, AttributeError):
        return Ending("unknown", message=f"a damaged {METRICS}")


def _ending(run: Path, values: Any) -> Ending:
    """The ending that the content of `metrics.json` says."""
    status: Status = values["status"]
    if status not in get_args(Status):
        raise ValueError("no status")
    if status == "running":
        holder = find_holder(run)
        return Ending("running", _saved_epochs(run), str(holder) if holder else "")
    message = str(values.get("message") or "")
    stopped_early = bool((values.get("early_stopping") or {}).get("stopped"))
    stopped_early = stopped_early or bool(values.get("stopped_by"))
    length = TrainingLength.from_plain(values.get("training"))
    return Ending(status, len(values["epochs"]), message, stopped_early, length)


def _saved_epochs(run: Path) -> int:
    """The epochs in the history of a run that has not ended."""
    try:
        history = parse_history(read_verified(run, HISTORY), run / HISTORY)
    except RunError:
        return 0
    return len(history.get("epoch", ()))


def _epochs(count: int) -> str:
    return f"{count:,} epoch{'s' if count != 1 else ''}"
