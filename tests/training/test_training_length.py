"""How long training is: steps, epochs of so many steps, rare validation, and a time budget."""

from itertools import count

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import SpecError
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.loader import build
from nnspec.training import loop
from nnspec.training.first_updates import check_updates, weights_after
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession
from nnspec.training.stopwatch import Stopwatch

RNG = np.random.default_rng(3)
IMAGES = RNG.uniform(size=(17, 4, 4, 1))
CLASSES = [0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0]
NETWORK = {
    "layers": ["flatten", {"dropout": 0.4}, {"dense": {"units": 1, "activation": "sigmoid"}}]
}
NUMPY = ComputeConfig()
CASES = {
    "shuffle": {},
    "no shuffle": {"train": {"shuffle": False}},
    "windows": {"train": {"shuffle_window": 8}},
    "oversampling": {"train": {"oversample": True}},
    "augmentation": {"augment": ["random_flip", {"mixup": 0.3}]},
}


def session(name="shuffle", metrics=("accuracy",), compute=NUMPY, rate=0.001, **options):
    """A session on 17 images, of which the last three validate, with batches of 5."""
    case = CASES[name]
    augment = {"augment": case["augment"]} if "augment" in case else {}
    rows = {"inputs": IMAGES.tolist(), "targets": CLASSES}
    options = {"batch_size": 5, "validation_split": 0.2, **case.get("train", {}), **options}
    return TrainingSession.prepare(
        build({
            "data": {"source": {"rows": rows}, **augment}, "network": NETWORK, "train": options,
            "optimizer": {"adam": {"learning_rate": rate}}, "metrics": list(metrics),
            "loss": "binary_crossentropy",
        }), compute,
    )  # fmt: skip


def trained(of, history=None, on_progress=lambda _: None):
    """The epochs of a session's training, and the hash of its weights."""
    done = train_epochs(
        of.program, of.training, of.options, on_progress, never_stop, of.splits.validation,
        TrainingHistory() if history is None else history, of.balance,
    )  # fmt: skip
    epochs = list(done)
    return epochs, weights_sha256(of.program.weights())


@pytest.fixture
def ticks(monkeypatch):
    """A clock that goes on by a second each time it is read, and chunks of one batch."""
    monkeypatch.setattr(loop, "Stopwatch", lambda before: Stopwatch(before, count(1).__next__))
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


@pytest.mark.parametrize("name", CASES)
def test_steps_per_epoch_change_no_update(name):
    per_pass = session(name).batch_plan.steps_per_pass
    _, whole = trained(session(name, epochs=4))
    for options in ({"steps_per_epoch": 2}, {"steps_per_epoch": 5}, {"steps_per_epoch": 100}, {}):
        found = session(name, steps=4 * per_pass, **options)
        assert trained(found)[1] == whole


def test_the_last_epoch_has_the_batches_that_are_left():
    of, seen = session(steps=5), []
    epochs, _ = trained(of, on_progress=lambda one: seen.append(one[:3] + one[4:7]))
    assert seen[-1] == (2, 2, 2, 5, 5, 2)
    assert (2, 1, 2, 4, 5, 2) in seen
    assert of.program.state().step == 5
    assert all(epoch.validation for epoch in epochs)


def test_an_epoch_is_the_mean_over_its_rows():
    """The epochs of one step each have the metrics that those of three steps are means of."""
    (whole, _), (single, _) = (
        trained(session(steps=5, metrics=(), steps_per_epoch=size)) for size in (3, 1)
    )
    losses, rows = [epoch.metrics["loss"] for epoch in single], [5, 5, 4, 5, 5]
    for epoch, part in zip(whole, (slice(0, 3), slice(3, 5)), strict=True):
        expected = np.average(losses[part], weights=rows[part])
        assert epoch.metrics["loss"] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("options", "validated"),
    [
        ({"epochs": 5, "validation_freq": 2}, [2, 4, 5]),
        ({"steps": 10, "validation_freq": 3}, [3, 4]),
        ({"epochs": 2, "validation_freq": 7}, [2]),
        ({"steps": 7, "steps_per_epoch": 2, "validation_freq": 2}, [2, 4]),
    ],
)
def test_each_kth_epoch_and_the_last_are_validated(options, validated):
    epochs, _ = trained(session(**options))
    assert [epoch.epoch for epoch in epochs if epoch.validation is not None] == validated
    assert all(len(epoch.measured) == (4 if epoch.validation else 2) for epoch in epochs)


def test_early_stopping_waits_for_epochs_that_are_validated():
    stopping = {"monitor": "val_loss", "mode": "max", "patience": 1, "min_delta": 9.0}
    epochs, _ = trained(session(epochs=20, validation_freq=2, early_stopping=stopping))
    assert len(epochs) == 4  # the second is the best, the fourth no better


def test_the_epoch_in_which_a_training_stops_early_is_validated():
    stopping = {"monitor": "loss", "mode": "max", "patience": 2, "min_delta": 9.0}
    epochs, _ = trained(session(epochs=20, validation_freq=10, early_stopping=stopping))
    assert [epoch.validation is not None for epoch in epochs] == [False, False, True]


@pytest.mark.parametrize(
    ("options", "steps"),
    [
        ({"time_budget": 4.5}, 4),  # a second an update, and a validation in between
        ({"time_budget": 4.0}, 3),  # it is over in a validation
        ({"time_budget": 0.001}, 1),
        ({"time_budget": 7.5, "steps_per_epoch": 2, "validation_freq": 2}, 7),
    ],
)
def test_a_time_budget_ends_a_training_after_a_number_of_steps(ticks, options, steps):
    of, history = session(epochs=100, **options), TrainingHistory()
    epochs, weights = trained(of, history)
    assert (history.ended_by(of.batch_plan), history.steps(of.batch_plan)) == ("time_budget", steps)
    assert of.program.state().step == steps
    del options["time_budget"]
    same, expected = trained(session(steps=steps, **options))
    assert weights == expected
    assert [epoch.measured for epoch in epochs] == [epoch.measured for epoch in same]
    assert epochs[-1].validation is not None


def test_seconds_of_earlier_sittings_count(ticks):
    of, history = session(epochs=100, time_budget=10.0), TrainingHistory(elapsed=8.5)
    trained(of, history)
    assert history.steps(of.batch_plan) == 2


def test_what_is_left_of_the_budget_is_told(ticks):
    left = []
    trained(
        session(epochs=9, time_budget=3.0), on_progress=lambda one: left.append(one.budget_left)
    )
    assert left == [2.0, 1.0, 0.0]


def test_a_partial_epoch_goes_on_where_more_steps_follow():
    of, history = session(steps=5), TrainingHistory()
    trained(of, history)
    longer = session(steps=9)
    longer.program.set_weights(of.program.weights())
    longer.program.set_state(of.program.state())
    epochs, weights = trained(longer, history.reopened())
    whole, expected = trained(session(steps=9))
    assert weights == expected
    assert [e.measured for e in whole[1:]] == [e.measured for e in epochs]


@pytest.mark.framework
@pytest.mark.parametrize("backend", ["torch", "keras:tensorflow"])
def test_frameworks_have_the_same_trajectory(backend):
    """Validation every second epoch of two updates lowers the rate, on every backend alike."""
    pytest.importorskip({"torch": "torch"}.get(backend, "keras"))
    plateau = {"initial_learning_rate": 0.1, "patience": 1, "min_delta": 9.0, "factor": 0.5}
    length = {"steps": 11, "steps_per_epoch": 2, "validation_freq": 2}
    found, expected = (
        trained(
            session("augmentation", ("accuracy",), ComputeConfig(name, "exact"),
                    {"reduce_on_plateau": plateau}, **length)
        )
        for name in (backend, "numpy")
    )  # fmt: skip
    assert found[1] == expected[1]
    assert [epoch.validation is None for epoch in found[0]] == [
        True,
        False,
        True,
        False,
        True,
        False,
    ]
    for one, other in zip(found[0], expected[0], strict=True):
        assert one.measured == pytest.approx(other.measured)


def test_the_weights_after_the_first_updates_need_no_time():
    """An expected hash is that of so many updates, whatever the time budget of the training is."""
    of = session(epochs=9, time_budget=1e-9)
    found = weights_after(of, NUMPY, 4)
    expected = session(steps=4)
    trained(expected)
    assert weights_sha256(found) == weights_sha256(expected.program.weights())


@pytest.mark.parametrize("length", [{"epochs": 2}, {"steps": 6}])
def test_more_updates_than_there_are_are_refused(length):
    of = session(**length)
    check_updates(of, 6, None)
    (limit,) = length
    with pytest.raises(SpecError, match=rf"6 updates, not 7 \(raise train\.{limit}"):
        check_updates(of, 7, None)


def test_validation_freq_needs_validation_rows():
    with pytest.raises(SpecError, match="validation_freq needs validation rows"):
        session(validation_split=None, validation_freq=2)
