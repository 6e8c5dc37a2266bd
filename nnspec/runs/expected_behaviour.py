"""The expectations of a run that need its network: its weights and its behaviour."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from nnspec.components.behaviour.base import Behaviour
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import PreparedSplits
from nnspec.runs.expectations import (
    Expectation,
    compare_behaviour,
    compare_weights,
    uncompared_weights,
    untested_behaviour,
)
from nnspec.runs.listener import RunListener
from nnspec.runs.training_length import TrainingLength
from nnspec.runs.weight_files import weights_sha256
from nnspec.training.behaviour.checks import check_behaviour_data
from nnspec.training.behaviour.trained_model import BEHAVIOUR, TrainedModel
from nnspec.training.first_updates import updates_of, weights_after
from nnspec.training.loop import ShouldStop, TrainingInterrupt
from nnspec.training.session import TrainingSession

OnExpectation = Callable[[str, int, int], None]  # what is tested, steps done, of how many

_IN_TRAINING = "it needs a training: nnspec run tests it"


def expected_of_session(
    session: TrainingSession, compute: ComputeConfig, listener: RunListener, length: TrainingLength
) -> list[Expectation] | None:
    """Compare the weights of a trained session, and test its behaviour; None after an interrupt."""
    on_expectation, should_stop = listener.on_expectation, listener.should_stop
    data = session.behaviour_data(compute)
    try:
        found = list(_weights(session, compute, length, on_expectation, should_stop))
        if data is not None:
            model = TrainedModel(data, session.program, should_stop=should_stop)
            found += [tested(behaviour, model, on_expectation) for behaviour in _behaviour(model)]
    except TrainingInterrupt:
        return None
    return found


def parts_with_figures(session: TrainingSession) -> PreparedSplits:
    """The rows whose figures a run reports: those of validation where the spec expects some."""
    expect, splits = session.spec.expect, session.splits
    return splits if expect and expect.validation else splits._replace(validation=None)


def expected_of_run(model: TrainedModel, on_expectation: OnExpectation) -> Iterator[Expectation]:
    """Test the behaviour of a network that was trained before; name what needs a training.

    Raises SpecError where the data, as they are now, lack what a behaviour is tested with.
    """
    expect = model.data.spec.expect
    check_behaviour_data(model.data)
    if expect is not None and expect.weights_sha256 is not None:
        yield uncompared_weights(expect.weights_sha256, _IN_TRAINING)
    for behaviour in _behaviour(model):
        if behaviour.trains:
            yield untested_behaviour(behaviour, _IN_TRAINING)
        else:
            yield tested(behaviour, model, on_expectation)


def tested(behaviour: Behaviour, model: TrainedModel, on_expectation: OnExpectation) -> Expectation:
    """What comes out of a behaviour."""
    on_expectation(behaviour.kind, 0, 1)
    model = model._replace(on_steps=lambda done, steps: on_expectation(behaviour.kind, done, steps))
    return compare_behaviour(behaviour, BEHAVIOUR[behaviour].evaluate(behaviour, model))


def _behaviour(model: TrainedModel) -> tuple[Behaviour, ...]:
    return model.data.spec.expect.behaviour if model.data.spec.expect else ()


def _weights(
    session: TrainingSession,
    compute: ComputeConfig,
    length: TrainingLength,
    on_expectation: OnExpectation,
    should_stop: ShouldStop,
) -> Iterator[Expectation]:
    """Compare the SHA-256 of the weights, if one is expected."""
    expected = session.spec.expect and session.spec.expect.weights_sha256
    if not expected:
        return
    made = updates_of(session)
    if compute.precision != "exact":
        reason = f"it is compared with --precision exact, and this is {compute.precision}"
        yield uncompared_weights(expected, reason)
    elif made < (expected.updates or 0):
        yield uncompared_weights(expected, f"the training makes {made:,} updates")
    elif expected.updates is None and length.is_out_of_time:
        yield uncompared_weights(expected, "its time budget ended the training")
    elif session.spec.train.initial_weights and not session.given_weights and expected.updates:
        yield uncompared_weights(expected, "the run that it began with is not read again")
    elif expected.updates is None:
        yield compare_weights(expected, weights_sha256(session.program.weights()))
    else:
        weights = weights_after(
            session, compute, expected.updates,
            lambda done, steps: on_expectation("weights_sha256", done, steps), should_stop,
        )  # fmt: skip
        yield compare_weights(expected, weights_sha256(weights))
