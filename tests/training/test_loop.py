"""The training loop: updates, batches, shuffling, metrics, chunks, divergence, interruption."""

import numpy as np
import pytest

from nnspec.data.rows import Rows
from nnspec.randomness import initial_weights
from nnspec.spec.train_options import TrainOptions
from nnspec.training import loop
from nnspec.training.loop import (
    DivergenceError,
    TrainingInterrupt,
    evaluate,
    never_stop,
    train_epochs,
)
from nnspec.training.sampling import pass_batches
from tests.networks import graph_of, program_of, setup

RNG = np.random.default_rng(0)
ROWS = Rows(RNG.normal(size=(10, 3)), RNG.normal(size=(10, 1)))


def program(rate=0.1, metrics=()):
    sgd = {"sgd": {"learning_rate": rate}}
    return program_of(graph_of([{"dense": 1}], (3,)), setup("mean_squared_error", sgd, metrics))


def all_epochs(
    of, train=ROWS, on_progress=lambda _: None, should_stop=never_stop, validation=None, **options
):
    return list(
        train_epochs(of, train, TrainOptions(**options), on_progress, should_stop, validation)
    )


@pytest.mark.parametrize(
    ("rows", "size", "sizes"),
    [(1000, 200, [200] * 5), (1000, "all", [1000]), (10, 4, [4, 4, 2]), (3, 100, [3]), (1, 1, [1])],
)
def test_batches(rows, size, sizes):
    batches = pass_batches(rows, TrainOptions(batch_size=size), 1)
    assert list(map(len, batches)) == sizes
    assert sorted(np.concatenate(batches)) == list(range(rows))


@pytest.mark.parametrize(("size", "updates"), [(200, 5), ("all", 1), (300, 4)])
def test_updates_in_an_epoch(size, updates):
    of = program()
    train = Rows(RNG.normal(size=(1000, 3)), RNG.normal(size=(1000, 1)))
    all_epochs(of, train, batch_size=size, epochs=2)
    assert of.state().step == 2 * updates


def test_the_order_is_reproducible_and_different_in_each_epoch():
    first, second = (
        pass_batches(100, TrainOptions(batch_size="all"), epoch)[0] for epoch in (1, 2)
    )
    again = pass_batches(100, TrainOptions(batch_size="all"), 1)[0]
    other = pass_batches(100, TrainOptions(batch_size="all", seed=1), 1)[0]
    assert (first == again).all()
    assert (first != second).any()
    assert (first != other).any()


def test_without_shuffle_rows_keep_their_order():
    batches = pass_batches(5, TrainOptions(batch_size=2, shuffle=False), 3)
    assert np.concatenate(batches).tolist() == [0, 1, 2, 3, 4]


def test_the_loss_of_an_epoch_is_the_mean_over_its_rows():
    """With a negligible learning rate it is the initial loss over all ten rows."""
    of = program(rate=1e-12)
    expected = evaluate(of, ROWS)["loss"]
    (epoch,) = all_epochs(of, batch_size=4)
    assert epoch.metrics["loss"] == pytest.approx(expected)


@pytest.mark.parametrize("rows", [1, 255, 256, 257, 600])
def test_evaluation_is_the_mean_over_rows_whatever_their_number(rows):
    table = Rows(RNG.normal(size=(rows, 3)), RNG.normal(size=(rows, 1)))
    of = program()
    expected = np.mean((of.predict(table.inputs) - table.targets) ** 2)
    assert evaluate(of, table)["loss"] == pytest.approx(expected)


def test_results_do_not_depend_on_chunks(monkeypatch):
    results = []
    for next_size in (lambda *_: 1, lambda *_: 1000, lambda size, _: size + 1):
        monkeypatch.setattr(loop, "_next_chunk_size", next_size)
        of = program()
        done = all_epochs(of, batch_size=2, epochs=3, validation=ROWS)
        metrics = [(epoch.metrics, epoch.validation) for epoch in done]
        results.append((metrics, of.weights()["dense/kernel"].tobytes()))
    assert results[0] == results[1] == results[2]


def test_the_chunk_size_follows_the_duration():
    assert loop._next_chunk_size(4, 0.001) == 8
    assert loop._next_chunk_size(100, 1.0) == 10
    assert loop._next_chunk_size(1, 60.0) == 1


def test_progress_reaches_the_last_batch_of_each_epoch():
    seen = []
    all_epochs(program(), on_progress=seen.append, batch_size=3, epochs=2)
    assert [(p.epoch, p.batch) for p in seen if p.batch == p.batches] == [(1, 4), (2, 4)]
    assert all(np.isfinite(p.metrics["loss"]) for p in seen)


def test_validation_rows_are_evaluated_and_never_trained_on():
    validation = Rows(ROWS.inputs + 5, ROWS.targets)
    with_, without = program(), program()
    (epoch,) = all_epochs(with_, validation=validation)
    all_epochs(without)
    assert epoch.validation == evaluate(with_, validation)
    assert (with_.weights()["dense/kernel"] == without.weights()["dense/kernel"]).all()


def test_an_epoch_has_the_loss_and_the_metrics():
    (epoch,) = all_epochs(program(metrics=["mean_squared_error"]))
    assert epoch.metrics["mean_squared_error"] == pytest.approx(epoch.metrics["loss"])
    assert list(epoch.plain()) == ["epoch", "loss", "mean_squared_error", "seconds"]


def test_divergence_reports_update_and_epoch():
    with pytest.raises(DivergenceError, match=r"not finite at update \d+ of epoch \d+"):
        all_epochs(program(rate=1e200), epochs=20)


def test_should_stop_interrupts_training_after_the_last_update(monkeypatch):
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)
    of, answers = program(), iter([False, False, True])
    with pytest.raises(TrainingInterrupt):
        all_epochs(of, should_stop=lambda: next(answers), batch_size=1)
    assert of.state().step == 2


def test_should_stop_interrupts_evaluation():
    with pytest.raises(TrainingInterrupt):
        evaluate(program(), ROWS, lambda: True)


def test_zero_epochs_change_nothing():
    of = program()
    before = initial_weights.initial_weights(of.graph, 0)
    assert all_epochs(of, epochs=0) == []
    assert (of.weights()["dense/kernel"] == before["dense/kernel"]).all()
