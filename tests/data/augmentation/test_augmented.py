"""What is true of every augmentation step: a row depends on its number and the epoch alone."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.augmentation.steps import COUNT, augmented, images, inputs

STEPS = [
    "random_flip",
    {"random_crop": {"height": 5, "width": 6, "padding": 2}},
    {"random_rotation": 0.3},
    {"random_translation": {"height_factor": 0.4, "width_factor": 0.4, "fill_mode": "wrap"}},
    {"random_zoom": {"height_factor": 0.3, "width_factor": 0.2, "fill_mode": "constant"}},
    {"random_contrast": 0.5},
    {"cutout": 3},
    "mixup",
]
EACH = [[step] for step in STEPS] + [STEPS]


def name_of(steps):
    return "all" if len(steps) > 1 else next(iter(steps[0])) if steps[0] != "mixup" else "mixup"


@pytest.mark.parametrize("shape", [(7, 6), (7, 6, 3)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("steps", EACH, ids=name_of)
def test_a_row_is_the_same_in_any_batch(steps, dtype, shape):
    dataset = augmented(images(*shape, dtype=dtype), *steps, targets=np.eye(COUNT))
    everything = dataset.take(np.arange(COUNT), 2)
    assert everything.inputs.dtype == dtype
    for batch in ([17], [5, 59, 5, 0], np.random.default_rng(1).permutation(COUNT)):
        part = dataset.take(np.array(batch), 2)
        assert np.array_equal(part.inputs, everything.inputs[batch])
        assert np.array_equal(part.targets, everything.targets[batch])


@pytest.mark.parametrize("steps", EACH, ids=name_of)
def test_each_epoch_and_each_row_is_drawn_anew(steps):
    x = np.broadcast_to(images(7, 6, 1)[:1], (COUNT, 7, 6, 1))
    x = images(7, 6, 1) if "mixup" in steps else x
    one, other = inputs(x, *steps), inputs(x, *steps, epoch=2)
    assert (one != other).any()
    if "mixup" not in steps:
        assert len(np.unique(one.reshape(COUNT, -1), axis=0)) > 3


@pytest.mark.parametrize("steps", EACH, ids=name_of)
def test_nothing_is_random_in_evaluation(steps):
    dataset = augmented(x := images(7, 6, 2), *steps, targets=np.eye(COUNT))
    rows = dataset.take(np.arange(COUNT))
    cropped = any("random_crop" in step for step in steps)
    assert np.array_equal(rows.inputs, x[:, 1:6] if cropped else x)
    assert np.array_equal(rows.targets, np.eye(COUNT))


@pytest.mark.parametrize("step", STEPS[:-1], ids=lambda step: name_of([step]))
def test_float32_is_float64_but_for_rounding(step):
    x = images(7, 6, 2)
    exact = inputs(x.astype(np.float64), step)
    assert np.abs(inputs(x, step) - exact).max() < 2e-6


def test_steps_are_applied_in_their_order():
    x = images(6, 6)
    flip, crop = "random_flip", {"random_crop": {"height": 4, "width": 4}}
    assert inputs(x, flip, crop).shape == inputs(x, crop, flip).shape == (COUNT, 4, 4)
    assert not np.array_equal(inputs(x, flip, crop), inputs(x, crop, flip))
