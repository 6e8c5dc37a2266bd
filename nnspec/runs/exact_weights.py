"""Verification of a spec's expected weights: their SHA-256 in precision `exact`."""

from __future__ import annotations

from typing import Any, NamedTuple

from nnspec.compute import ComputeConfig
from nnspec.errors import SourceSpan, SpecError
from nnspec.runs.folder import OnNote, ignore
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.training.divergence import divergence_problem
from nnspec.training.first_updates import check_updates, updates_of, weights_after
from nnspec.training.loop import DivergenceError
from nnspec.training.session import TrainingSession
from nnspec.training.step_callback import OnSteps, ignore_steps


class WeightsCheck(NamedTuple):
    """The SHA-256 of the weights after so many updates, and the one that the spec expects."""

    backend: str
    updates: int
    weights_sha256: str
    expected: str | None = None  # None: the spec expects nothing of the weights there

    @property
    def met(self) -> bool | None:
        """Whether the weights are the expected ones; None where none are expected."""
        return None if self.expected is None else self.expected == self.weights_sha256

    def plain(self) -> dict[str, Any]:
        """The keys of `verify --json`."""
        return {**self._asdict(), "met": self.met}


class UpdateCount(NamedTuple):
    """A number of updates that a user gives, and where, for messages."""

    updates: int
    place: SourceSpan | None = None


def check_weights(
    spec: Spec, compute: ComputeConfig, given: UpdateCount | None = None,
    on_steps: OnSteps = ignore_steps, on_note: OnNote = ignore,
) -> WeightsCheck:  # fmt: skip
    """Train in precision `exact`, and compare the weights with the spec's `weights_sha256`.

    After the updates that are `given`, else after those of the spec, else after all. Raises
    SpecError where the training makes fewer, or diverges.
    """
    compute = compute._replace(precision="exact")
    session = start_from_run(TrainingSession.prepare(spec, compute), on_note)
    expected = spec.expect.weights_sha256 if spec.expect else None
    asked = given or _expected_count(spec)
    if asked is not None:
        check_updates(session, asked.updates, asked.place)
    try:
        weights = weights_after(session, compute, asked and asked.updates, on_steps)
    except DivergenceError as error:
        problem = divergence_problem(spec, str(error), "lower the learning rate")
        raise SpecError(problem) from None
    made = asked.updates if asked else updates_of(session)
    is_there = expected is not None and made == (expected.updates or updates_of(session))
    value = expected.value if expected and is_there else None
    return WeightsCheck(compute.backend, made, weights_sha256(weights), value)


def _expected_count(spec: Spec) -> UpdateCount | None:
    """The updates after which the spec expects something of the weights; None for all."""
    expected = spec.expect.weights_sha256 if spec.expect else None
    if expected is None or expected.updates is None:
        return None
    return UpdateCount(expected.updates, spec.locate("expect", "weights_sha256", "updates"))
