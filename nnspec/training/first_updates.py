"""The weights after the first updates of a training, before it goes on."""

from __future__ import annotations

from contextlib import suppress

from nnspec.backends.contract import Weights, require_setup
from nnspec.compute import ComputeConfig
from nnspec.errors import Problem, SourceSpan, SpecError
from nnspec.spec.checkpoint_options import CheckpointOptions
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import Progress, ShouldStop, never_stop, train_epochs
from nnspec.training.programs import initial_program
from nnspec.training.session import TrainingSession
from nnspec.training.step_callback import OnSteps, ignore_steps


class _Reached(Exception):  # noqa: N818  (no error)
    """All updates have been made."""


def weights_after(
    session: TrainingSession, compute: ComputeConfig, updates: int | None,
    on_steps: OnSteps = ignore_steps, should_stop: ShouldStop = never_stop,
) -> Weights:  # fmt: skip
    """The weights after the first updates, or after the whole training, which a new program makes.

    An update is that of a batch. Raises what `train_epochs` does.
    """
    setup, made = require_setup(session.program.setup), updates_of(session)
    program, last = initial_program(session.spec, session.graph, setup, compute), updates or made
    program.set_weights({**program.weights(), **session.given_weights})
    # No chunk of batches goes beyond a checkpoint, and none has to be written.
    checkpoint = CheckpointOptions(every_steps=max(last, 1))
    options = session.options.replace(checkpoint=checkpoint, time_budget=None)

    def on_progress(progress: Progress) -> None:
        on_steps(progress.step, last)
        if progress.step == updates:
            raise _Reached

    with suppress(_Reached):
        for _ in train_epochs(
            program, session.training, options, on_progress, should_stop,
            session.splits.validation, TrainingHistory(callbacks=session.callbacks()),
            session.balance,
        ):  # fmt: skip
            pass
    return program.weights()


def updates_of(session: TrainingSession) -> int:
    """How many updates the whole training makes, if nothing ends it before."""
    return session.batch_plan.steps


def check_updates(session: TrainingSession, updates: int, place: SourceSpan | None) -> None:
    """Raise SpecError, at a place, where the training makes fewer updates."""
    made = updates_of(session)
    if updates > made:
        message = f"the training makes {made:,} updates, not {updates:,}"
        limit = "epochs" if session.options.steps is None else "steps"
        raise SpecError(Problem(message, place, f"raise train.{limit}, or lower updates"))
