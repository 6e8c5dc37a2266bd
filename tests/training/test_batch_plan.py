"""The plan of a training's batches: passes one after the other, whatever an epoch is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.spec.train_options import TrainOptions
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.sampling import pass_batches

CLASSES = np.array([0, 0, 1, 0, 2, 0, 0])


def batches(plan, steps):
    """The passes and the row numbers of the batches of steps."""
    parts = plan.batches(steps)
    return [(part.number, batch.tolist()) for part in parts for batch in part.batches]


@given(
    rows=st.integers(1, 20), size=st.integers(1, 8), per_epoch=st.integers(1, 30),
    steps=st.integers(1, 60),
)  # fmt: skip
def test_epochs_divide_the_batches_of_passes(rows, size, per_epoch, steps):
    options = TrainOptions(batch_size=size, steps_per_epoch=per_epoch, steps=steps, seed=4)
    plan = BatchPlan(rows, options)
    found = [
        one for epoch in range(1, plan.epochs + 1) for one in batches(plan, plan.steps_of(epoch))
    ]
    passes = range(1, -(-steps // plan.steps_per_pass) + 1)
    expected = [(n, batch.tolist()) for n in passes for batch in pass_batches(rows, options, n)]
    assert found == expected[:steps]
    assert [*map(len, map(plan.steps_of, range(1, plan.epochs)))] == [per_epoch] * (plan.epochs - 1)
    assert 0 < len(plan.steps_of(plan.epochs)) <= per_epoch
    assert len(plan.steps_of(plan.epochs + 1)) == 0


@pytest.mark.parametrize(
    ("options", "steps", "epochs"),
    [
        ({"epochs": 3}, 9, 3),
        ({"epochs": 0}, 0, 0),
        ({"steps": 7}, 7, 3),
        ({"epochs": 3, "steps_per_epoch": 5}, 15, 3),
        ({"steps": 11, "steps_per_epoch": 5}, 11, 3),
        ({"epochs": 2, "batch_size": "all"}, 2, 2),
    ],
)
def test_the_length_of_a_training(options, steps, epochs):
    plan = BatchPlan(7, TrainOptions(**{"batch_size": 3, **options}))
    assert (plan.steps, plan.epochs) == (steps, epochs)


def test_a_pass_over_oversampled_rows_draws_each_class_as_often():
    plan = BatchPlan(7, TrainOptions(batch_size=4), CLASSES)
    drawn = [row for _, batch in batches(plan, range(plan.steps)) for row in batch]
    assert plan.steps_per_pass == 4
    assert np.bincount(CLASSES[drawn]).tolist() == [5, 5, 5]


def test_a_part_of_an_epoch_begins_in_the_middle_of_a_pass():
    options = TrainOptions(batch_size=2, steps=9, shuffle=False)
    plan = BatchPlan(5, options)
    assert batches(plan, range(2, 5)) == [(1, [4]), (2, [0, 1]), (2, [2, 3])]
