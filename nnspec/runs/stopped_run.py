"""A run that was stopped, and what differs now from what its checkpoint was trained with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from nnspec.backends.contract import State, require_setup
from nnspec.compute import ComputeConfig
from nnspec.errors import DataError, Problem, RunError, SpecError, argument_place, visible
from nnspec.runs.checkpoint import Checkpoint
from nnspec.runs.ending import Ending
from nnspec.runs.folder import RunFolder
from nnspec.runs.spec_changes import ACCEPT, change_problems, spec_changes, spec_of, written_path
from nnspec.spec.document import Spec
from nnspec.spec.train_options import TrainOptions
from nnspec.spec.value_changes import ValueChange, short_text
from nnspec.training.history import Epoch
from nnspec.training.session import TrainingSession
from nnspec.training.state import Position, TrainingState

# What `environment.json` has besides versions, or what no result depends on.
_NO_VERSIONS = {
    "backend", "precision", "device", "seed", "data_sha256", "platform", "threads", "folder",
}  # fmt: skip
_STOPPING = "train", "early_stopping"


class StoppedRun(NamedTuple):
    """A run folder, its last checkpoint, and with what the run is to go on."""

    folder: RunFolder
    checkpoint: Checkpoint | None  # None: it was stopped before the first update
    spec: Spec
    compute: ComputeConfig
    changes: list[ValueChange]  # of the spec since the checkpoint

    @classmethod
    def of(cls, folder: RunFolder, spec: Spec, compute: ComputeConfig) -> StoppedRun:
        """The run in a folder; a RunError where its checkpoint cannot be read."""
        checkpoint = folder.checkpoint()
        changes = spec_changes(spec_of(checkpoint), spec) if checkpoint else []
        return cls(folder, checkpoint, spec, compute, changes)

    def check(self, *, accept_changes: bool) -> None:
        """Raise an NnspecError unless there is something to go on with, and nothing has changed.

        With `accept_changes` the spec and the precision may have changed.
        """
        self._check_ending()
        problems = list(self._problems())
        if problems and not accept_changes:
            raise SpecError(problems)

    def _check_ending(self) -> None:
        """Raise RunError where the run has ended, or its checkpoint is lost."""
        ending, name = self.folder.ending(), visible(str(self.folder.path))
        if ending.status == "unknown":
            self.folder.on_note(f"{name} has {ending.message}: it goes on from its checkpoint")
        if self.checkpoint is None and ending.epochs:
            raise RunError(f"{name} has no checkpoint to go on from", "run the spec again")
        if ending.status == "finished" and ending.stopped_early and not self.changes:
            hint = "a spec that stops later, and --accept-changes, trains on"
            if self.spec.train.early_stopping:
                hint = "with more train.early_stopping.patience and --accept-changes it trains on"
            raise RunError(f"{name} {ending}", hint)
        if ending.status == "finished" and ending.has_done(self.spec.train):
            raise RunError(f"{name} {ending}", _longer(ending, self.spec.train))
        if ending.status == "diverged" and not any(self._problems()):
            hint = "it would again; change what made it diverge, with --accept-changes"
            raise RunError(f"{name} {ending}", hint)

    def _problems(self) -> Iterator[Problem]:
        """An error for each change since the checkpoint."""
        yield from change_problems(self.changes, self.spec)
        before = self.checkpoint.provenance.precision if self.checkpoint else None
        if before and before != self.compute.precision:
            now = self.compute.precision
            message = f"the precision is {now}, and the checkpoint was trained with {before}"
            yield Problem(message, argument_place(now, "--precision"), ACCEPT, "changed")

    def state(self, session: TrainingSession) -> TrainingState:
        """The state from which the session goes on.

        Raises DataError where the data have changed, and SpecError where a change that was
        accepted does not fit the state.
        """
        if self.checkpoint is None:
            return TrainingState(session.program.weights(), session.program.state())
        if self.checkpoint.provenance.data_sha256 != session.data_sha256:
            message = f"the data have changed since {visible(str(self.folder.path))} was trained"
            hint = "put them back, or run the spec anew"
            raise DataError(Problem(message, self.spec.locate("data", "source"), hint))
        setup = require_setup(session.program.setup)
        state = self.checkpoint.state(session.graph, setup.objectives)
        problems = [*_misfits(state, session), *self._stopping_misfits(state, session)]
        problems += self._length_misfits(state, session)
        problems += self._best_misfits(state)
        problems += self._callback_misfits(state)
        if problems:
            raise SpecError(problems)
        return state

    def _length_misfits(self, state: TrainingState, session: TrainingSession) -> Iterator[Problem]:
        """An error where epochs of so many batches, or steps, do not count those that are done."""
        plan, (epochs, batches, step) = session.batch_plan, state.position
        changed = {path[-1] for path, _, _ in self.changes if path[0] == "train"}
        counted = session.spec.train.steps is not None or "steps_per_epoch" in changed
        if counted and changed and epochs * plan.steps_per_epoch + batches != step:
            message = f"the {step:,} batches that are done were in epochs of another length"
            place = session.spec.locate("train", "steps_per_epoch")
            yield Problem(message, place, "go on with batches and epochs as they were", "changed")

    def _stopping_misfits(
        self, state: TrainingState, session: TrainingSession
    ) -> Iterator[Problem]:
        """What early stopping would have decided otherwise in the epochs that are done."""
        stopping, spec = session.options.early_stopping, session.spec
        if stopping is None or not state.epochs:
            return
        measured = [epoch.measured for epoch in state.epochs]
        if stopping.after(measured if state.batches else measured[:-1]).stops:
            message = "it would have stopped the training before the epochs that are done"
            place = spec.locate(*_STOPPING, "patience")
            yield Problem(message, place, "go on with what stops later", "changed")
        rules = [path[2:] for path, _, _ in self.changes if path[:2] == _STOPPING]
        rules = [rule for rule in rules if rule not in (("patience",), ("stopping_threshold",))]
        if stopping.restore_best and rules:
            message = "the weights of the epoch that is best now were not kept"
            place = spec.locate(*_STOPPING, *rules[0])
            yield Problem(message, place, "go on with restore_best: false", "changed")

    def _best_misfits(self, state: TrainingState) -> Iterator[Problem]:
        """That an epoch before may be the best one, whose weights were not kept."""
        now = self.spec.train.checkpoint
        if now is None or now.monitor is None or not state.epochs or self.checkpoint is None:
            return
        before = spec_of(self.checkpoint).train.checkpoint
        if before is None or (before.monitor, before.mode) != (now.monitor, now.mode):
            message = "the weights of the epoch that is best now were not kept"
            place = self.spec.locate("train", "checkpoint", "monitor")
            yield Problem(message, place, "go on without it, or with what was monitored", "changed")

    def _callback_misfits(self, state: TrainingState) -> Iterator[Problem]:
        """That the epochs before have the columns of other callbacks."""
        if self.checkpoint is None or not (state.epochs or state.batches):
            return
        if (spec_of(self.checkpoint).train.callbacks or ()) != (self.spec.train.callbacks or ()):
            message = "the epochs before have the columns of other callbacks"
            place = self.spec.locate("train", "callbacks")
            yield Problem(message, place, "go on with the same ones", "changed")

    def record(self, environment: dict[str, Any], position: Position) -> list[dict[str, Any]]:
        """What `environment.json` says of each time when the run went on: where, and what changed.

        The folder is told what may change the last bits.
        """
        known = self.folder.environment()
        before = known.get("resumed")
        differs = {
            name: known[name] for name, now in environment.items() if known.get(name, now) != now
        }
        for name in differs.keys() - _NO_VERSIONS:
            versions = f"{name} was {differs[name]}, and is {environment[name]}"
            self.folder.on_note(f"{versions}: the last bits may be others")
        changes = {
            ".".join(map(str, written_path(self.spec, path))): [short_text(old), short_text(new)]
            for path, old, new in self.changes
        }
        entry = {**position._asdict(), "before": differs, "changes": changes}
        return [*(before if isinstance(before, list) else []), entry]


def _longer(ending: Ending, options: TrainOptions) -> str:
    """The hint how a run that has finished trains on."""
    if ending.length and ending.length.is_out_of_time:
        return f"train.time_budget={2 * (options.time_budget or 0):g} trains on"
    if options.steps is not None:
        return f"train.steps={2 * options.steps} trains on"
    return f"train.epochs={2 * max(ending.epochs, 1)} trains on"


def _too_short(state: TrainingState, session: TrainingSession) -> Iterator[Problem]:
    """An error where the spec says less than what is done."""
    spec, plan, (epochs, batches, _) = session.spec, session.batch_plan, state.position
    done = epochs * plan.steps_per_epoch + batches
    if spec.train.steps is not None and spec.train.steps < done:
        message = f"train.steps is {spec.train.steps:,}, and the run has {done:,}"
        yield Problem(message, spec.locate("train", "steps"), "ask for more steps", "changed")
    elif plan.steps < done:
        begun = f"is in epoch {epochs + 1}" if batches else f"has {epochs}"
        message = f"train.epochs is {spec.train.epochs}, and the run {begun}"
        yield Problem(message, spec.locate("train", "epochs"), "ask for more epochs", "changed")


def _misfits(state: TrainingState, session: TrainingSession) -> Iterator[Problem]:
    """What cannot go on from a state: epochs, metrics, the optimizer, the batches of an epoch."""
    spec, (epochs, _, _) = session.spec, state.position
    yield from _too_short(state, session)
    if not _has_names(state, session):
        message = "the epochs before have other metrics, or other parts"
        yield Problem(message, spec.locate("metrics"), "go on with the same ones", "changed")
    if _shapes(state.optimizer) != _shapes(session.program.state()):
        message = "the checkpoint has not the state of this optimizer"
        yield Problem(message, spec.locate("optimizer"), "go on with the same kind", "changed")
    if not _has_batches(state, session):
        message = f"the checkpoint is in the middle of epoch {epochs + 1}, of other batches"
        hint = "go on with the same ones to its end"
        yield Problem(message, spec.locate("train"), hint, "changed")


def _has_names(state: TrainingState, session: TrainingSession) -> bool:
    """Whether the epochs have the losses and metrics, and the parts, of the session."""
    names = set(require_setup(session.program.setup).names)
    measured = [{*state.batches.sums, *state.batches.states}] if state.batches else []
    if state.epochs:
        measured += [set(state.epochs[-1].metrics)]
        measured += [set(epoch.validation) for epoch in state.epochs if epoch.validation]
        if _lacks_validation(state.epochs, session):
            return False
    return all(found == names for found in measured)


def _lacks_validation(epochs: Sequence[Epoch], session: TrainingSession) -> bool:
    """Whether epochs were validated and the session's are not, or the other way round."""
    was = any(epoch.validation is not None for epoch in epochs)
    if session.splits.validation is None:
        return was
    return not was and len(epochs) >= session.options.validation_freq


def _has_batches(state: TrainingState, session: TrainingSession) -> bool:
    """Whether the batches that are done have the sizes of the session's."""
    if state.batches is None:
        return True
    plan, done = session.batch_plan, len(state.batches.rows)
    start = len(state.epochs) * plan.steps_per_epoch
    parts = plan.batches(range(start, start + done))
    sizes = tuple(len(batch) for part in parts for batch in part.batches)
    return done <= plan.steps_per_epoch and sizes == state.batches.rows


def _shapes(state: State) -> dict[str, dict[str, tuple[int, ...]]]:
    """The shape of each array of an optimizer's state."""
    return {
        slot: {name: array.shape for name, array in arrays.items()}
        for slot, arrays in state.slots.items()
    }
