"""Learning rates by what the epochs before measured: in the loop, after a resume, on backends."""

from __future__ import annotations

import pytest

from nnspec.compute import ComputeConfig
from nnspec.parity.compare import compare_backends
from nnspec.runs.weight_files import weights_sha256
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.small_runs import named, spec

REFERENCE = ComputeConfig("numpy:reference", "float64")
PLATEAU = {"initial_learning_rate": 0.5, "factor": 0.5, "patience": 1, "min_delta": 0.01}
EPOCHS = 8


def values(**options):
    optimizer = {"sgd": {"learning_rate": {"reduce_on_plateau": {**PLATEAU, **options}}}}
    train = {"epochs": EPOCHS, "batch_size": 2, "validation_split": 0.4}
    return named(optimizer=optimizer, train=train)


def session_of(compute=REFERENCE, **options):
    return TrainingSession.prepare(spec(values(**options)), compute)


def epochs_of(session, before=(), until=EPOCHS):
    train, validation = session.splits.train, session.splits.validation
    options = session.spec.train.replace(epochs=until)
    history = TrainingHistory(before)
    return list(
        train_epochs(
            session.program, train, options, lambda _: None, never_stop, validation, history
        )
    )


def test_each_update_has_the_rate_that_follows_from_the_epochs_before(monkeypatch):
    session, given = session_of(), []
    train = session.program.train

    def record(device_rows, batches, rates=None):
        given.extend(rates)
        assert len(rates) == len(batches)
        return train(device_rows, batches, rates)

    monkeypatch.setattr(session.program, "train", record)
    epochs = epochs_of(session)
    rate, best, expected = 0.5, float("inf"), []
    for epoch in epochs:  # patience 1: each epoch without an improvement halves the rate
        expected += [rate] * 2  # of four rows, in batches of two
        loss = epoch.validation["loss"]
        rate, best = (rate, loss) if loss < best - 0.01 else (rate / 2, best)
    assert given == expected
    assert len(set(given)) > 1


def test_a_schedule_of_the_step_alone_is_left_to_the_program(monkeypatch):
    session, given = TrainingSession.prepare(spec(named()), REFERENCE), []
    train = session.program.train
    monkeypatch.setattr(
        session.program, "train", lambda *args: given.append(len(args)) or train(*args)
    )
    epochs_of(session)
    assert set(given) == {2}


@pytest.mark.parametrize("monitor", [None, "loss", "val_kind_accuracy"])
def test_a_resumed_training_has_the_same_rates(monitor):
    options = {} if monitor is None else {"monitor": monitor}
    whole = session_of(**options)
    epochs_of(whole)
    first, second = session_of(**options), session_of(**options)
    done = epochs_of(first, until=3)
    second.program.set_weights(first.program.weights())
    second.program.set_state(first.program.state())
    epochs_of(second, done)
    assert weights_sha256(second.program.weights()) == weights_sha256(whole.program.weights())


@pytest.mark.framework
def test_backends_have_the_same_rates():
    pytest.importorskip("torch")
    backends = ["numpy:reference", "torch"]
    done = compare_backends(spec(values()), backends, "exact", None, lambda *_: None)
    assert done.agree
    assert done.steps == EPOCHS * 2
    session = session_of(ComputeConfig("numpy:reference", "exact"))
    epochs_of(session)
    assert weights_sha256(session.program.weights()) == done.weights_sha256
