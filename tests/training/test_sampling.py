"""The rows of an epoch: all once, or rarer classes again until all are equally frequent."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.sampling import pass_batches
from nnspec.training.session import TrainingSession
from tests.small_runs import rows, spec

CLASSES = np.array([0] * 20 + [3] * 3 + [1] * 7)


def drawn(epoch=1, **options):
    batches = pass_batches(30, TrainOptions(batch_size=8, **options), epoch, CLASSES)
    assert [len(batch) for batch in batches] == [8] * 7 + [4]
    return np.concatenate(batches)


def test_each_class_is_drawn_as_often_as_the_most_frequent_one():
    order = drawn()
    assert np.unique(CLASSES[order], return_counts=True)[1].tolist() == [20, 20, 20]
    times = np.bincount(order, minlength=30)
    assert (times[:20] == 1).all()
    assert sorted(times[20:23]) == [6, 7, 7]  # 20 = 6 * 3 + 2
    assert sorted(times[23:]) == [2] + [3] * 6


def test_it_is_a_function_of_the_seed_and_the_epoch():
    assert (drawn() == drawn()).all()
    assert (drawn() != drawn(seed=1)).any()
    first, second = np.sort(drawn(shuffle=False)), np.sort(drawn(2, shuffle=False))
    assert (first != second).any()  # other rows come once more
    assert (first == drawn(shuffle=False)).all()
    assert (first == np.sort(drawn())).all()


def test_without_classes_each_row_comes_once_in_the_order_of_the_seed():
    found = np.concatenate(pass_batches(30, TrainOptions(seed=3), 2))
    assert found.tolist() == philox.permutation(30, 3, "shuffle", 2).tolist()


def test_a_batch_of_all_rows_has_the_repeated_ones():
    (batch,) = pass_batches(30, TrainOptions(batch_size="all"), 1, CLASSES)
    assert len(batch) == 60


@pytest.mark.parametrize("option", [True, "dense"])
def test_training_draws_them(option):
    source = {"inputs": [[0], [1], [2], [3], [4]], "targets": [0, 0, 0, 0, 1]}
    train = {"oversample": option, "batch_size": 3, "epochs": 2}
    session = TrainingSession.prepare(spec(rows(source, train=train)), ComputeConfig())
    counts = []
    list(train_epochs(
        session.program, session.splits.train, session.spec.train,
        lambda progress: counts.append(progress.batches), never_stop, balance=session.balance,
    ))  # fmt: skip
    assert set(counts) == {3}  # of 8 rows
