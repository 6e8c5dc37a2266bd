"""Verification of a run's first updates: they are made again, and their weights compared."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from nnspec.compute import ComputeConfig, with_spec_seed
from nnspec.errors import NnspecError
from nnspec.runs.difference_causes import accepted_changes, edited_values, environment_causes
from nnspec.runs.environment import environment
from nnspec.runs.first_updates import FirstUpdates, recorded_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.resume import recorded_compute
from nnspec.runs.weight_files import weights_sha256
from nnspec.training.first_updates import weights_after
from nnspec.training.loop import DivergenceError
from nnspec.training.session import TrainingSession
from nnspec.training.step_callback import OnSteps, ignore_steps

_OTHER_START = {"data_sha256", "initial_weights"}  # of which no update can be the same
Comparison = Literal["same", "different", "not recorded", "not replayed"]


class FirstUpdatesCheck(NamedTuple):
    """What came out of the first updates of a run, made again; why they differ or were not made."""

    comparison: Comparison
    recorded: FirstUpdates | None = None
    weights_sha256: str | None = None  # after the updates that were made again
    precision: str | None = None
    causes: Mapping[str, tuple[Any, Any]] = MappingProxyType({})
    changes: tuple[str, ...] = ()  # what was changed when the run went on
    reason: str = ""

    def plain(self) -> dict[str, Any]:
        """The value of `first_updates` in `verify --json`."""
        recorded = self.recorded and self.recorded.plain()
        causes = {name: list(pair) for name, pair in self.causes.items()}
        return {
            **self._asdict(), "recorded": recorded, "causes": causes, "changes": list(self.changes),
        }  # fmt: skip


def check_first_updates(folder: RunFolder, on_steps: OnSteps = ignore_steps) -> FirstUpdatesCheck:
    """Make the first updates of a run again, as it was computed, and compare the weights.

    Where its data, or a run that it starts from, have changed or are gone, no update is made.
    """
    recorded = recorded_first_updates(folder)
    if recorded is None:
        return FirstUpdatesCheck("not recorded")
    try:
        return _replayed(folder, recorded, on_steps)
    except NnspecError as error:
        return FirstUpdatesCheck("not replayed", recorded, reason=error.problems[0].message)


def _replayed(folder: RunFolder, recorded: FirstUpdates, on_steps: OnSteps) -> FirstUpdatesCheck:
    spec, known = folder.spec_with(()), folder.environment()
    compute = with_spec_seed(recorded_compute(folder.path), spec.train.seed)
    session = start_from_run(TrainingSession.prepare(spec, compute), folder.on_note)
    causes, found = environment_causes(known, environment(session, compute)), None
    if not causes.keys() & _OTHER_START:
        found = _sha256_after(session, compute, recorded.updates, on_steps)
    if found == recorded.weights_sha256:
        return FirstUpdatesCheck("same", recorded, found, compute.precision)
    causes, changes = {**causes, **edited_values(folder)}, accepted_changes(known.get("resumed"))
    return FirstUpdatesCheck("different", recorded, found, compute.precision, causes, changes)


def _sha256_after(
    session: TrainingSession, compute: ComputeConfig, updates: int, on_steps: OnSteps
) -> str | None:
    """The SHA-256 of the weights after so many updates; None where they diverge."""
    try:
        return weights_sha256(weights_after(session, compute, updates, on_steps))
    except DivergenceError:
        return None
