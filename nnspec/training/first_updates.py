"""The weights after the first updates of a training, before it goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import (
    BatchMetrics,
    Indices,
    Program,
    Rates,
    State,
    Weights,
    require_setup,
)
from nnspec.compute import ComputeConfig
from nnspec.errors import Problem, SourceSpan, SpecError
from nnspec.training.loop import ShouldStop, never_stop, train_epochs
from nnspec.training.programs import initial_program
from nnspec.training.sampling import epoch_batches
from nnspec.training.session import TrainingSession

OnUpdates = Callable[[int, int], None]  # updates made, of how many


class _Reached(Exception):  # noqa: N818  (no error)
    """All updates have been made."""


class FirstUpdatesProgram(Program):
    """A program that makes so many updates and then ends its training by an exception."""

    def __init__(self, program: Program, updates: int, on_updates: OnUpdates) -> None:
        self.program, self.graph, self.setup = program, program.graph, program.setup
        self.native, self.compute = program.native, program.compute
        self.made, self.updates, self.on_updates = 0, updates, on_updates

    def train(
        self, device_rows: Any, batches: Sequence[Indices], rates: Rates | None = None
    ) -> BatchMetrics:
        """Train as the program does, and raise `_Reached` after the last update."""
        left = self.updates - self.made
        given = None if rates is None else rates[:left]
        metrics = self.program.train(device_rows, batches[:left], given)
        self.made += len(batches[:left])
        self.on_updates(self.made, self.updates)
        if self.made == self.updates:
            raise _Reached
        return metrics

    def upload_rows(self, inputs: Arrays, targets: Arrays, weights: Arrays) -> Any:
        """The program's upload."""
        return self.program.upload_rows(inputs, targets, weights)

    def evaluate(self, device_rows: Any, batches: Sequence[Indices]) -> BatchMetrics:
        """The program's metrics."""
        return self.program.evaluate(device_rows, batches)

    def gradients(self, device_rows: Any, batch: Indices) -> Weights:
        """The program's gradients."""
        return self.program.gradients(device_rows, batch)

    def predict_outputs(self, inputs: Arrays) -> dict[str, Array]:
        """The program's predictions."""
        return self.program.predict_outputs(inputs)

    def weights(self) -> Weights:
        """The program's weights."""
        return self.program.weights()

    def set_weights(self, weights: Mapping[str, Array]) -> None:
        """Replace the program's weights."""
        self.program.set_weights(weights)

    def state(self) -> State:
        """The state of the program's optimizer."""
        return self.program.state()

    def set_state(self, state: State) -> None:
        """Replace the state of the program's optimizer."""
        self.program.set_state(state)


def weights_after(
    session: TrainingSession, compute: ComputeConfig, updates: int | None,
    on_updates: OnUpdates = lambda *_: None, should_stop: ShouldStop = never_stop,
) -> Weights:  # fmt: skip
    """The weights after the first updates, or after the whole training, which a new program makes.

    An update is that of a batch. Raises what `train_epochs` does.
    """
    setup, made = require_setup(session.program.setup), updates_of(session)
    program = FirstUpdatesProgram(
        initial_program(session.spec, session.graph, setup, compute), updates or made, on_updates
    )
    with suppress(_Reached):
        for _ in train_epochs(
            program, session.training, session.options, lambda _: None, should_stop,
            session.splits.validation, balance=session.balance,
        ):  # fmt: skip
            pass
    if updates is None:
        program.use_average_weights()
    return program.weights()


def updates_of(session: TrainingSession) -> int:
    """How many updates the whole training makes."""
    options, classes = session.spec.train, session.balance.classes
    return options.epochs * len(epoch_batches(session.training.rows, options, 1, classes))


def check_updates(session: TrainingSession, updates: int, place: SourceSpan | None) -> None:
    """Raise SpecError, at a place, where the training makes fewer updates."""
    made = updates_of(session)
    if updates > made:
        message = f"the training makes {made:,} updates, not {updates:,}"
        raise SpecError(Problem(message, place, "raise train.epochs, or lower updates"))
