"""random_crop, random_contrast, cutout and mixup, beside plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from tests.data.augmentation.steps import COUNT, augmented, images, inputs


def test_a_crop_is_a_part_of_the_padded_image():
    x = images(6, 5, 2)
    found = inputs(x, {"random_crop": {"height": 6, "width": 5, "padding": 2}})
    padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
    places = np.indices((5, 5)).reshape(2, -1).T
    seen = set()
    for one, image in zip(found, padded, strict=True):
        parts = ((top, left, image[top : top + 6, left : left + 5]) for top, left in places)
        seen.add(next((top, left) for top, left, part in parts if np.array_equal(part, one)))
    assert len(seen) > 15
    assert {top for top, _ in seen} == {left for _, left in seen} == {0, 1, 2, 3, 4}


def test_a_smaller_crop_is_a_part_of_the_image():
    x = images(6, 5)
    found = inputs(x, {"random_crop": {"height": 3, "width": 5}})
    assert found.shape == (COUNT, 3, 5)
    tops = [
        next(t for t in range(4) if (a[t : t + 3] == b).all())
        for a, b in zip(x, found, strict=True)
    ]
    assert set(tops) == {0, 1, 2, 3}


def test_contrast_keeps_the_means_of_channels_and_stretches_about_them():
    x = images(6, 5, 3, dtype=np.float64)
    found = inputs(x, {"random_contrast": [0.5, 0.25]})
    means = x.mean(axis=(1, 2), keepdims=True)
    assert found.mean(axis=(1, 2)) == pytest.approx(means[:, 0, 0], abs=1e-14)
    factors = (found - means) / (x - means)
    assert factors.min() >= 0.5 - 1e-9
    assert factors.max() <= 1.25 + 1e-9
    assert np.ptp(factors, axis=(1, 2, 3)) == pytest.approx(0, abs=1e-9)
    assert np.ptp(factors) > 0.6


def test_a_square_is_cut_out_and_may_lie_partly_outside():
    x = np.ones((COUNT, 8, 9, 2), np.float32)
    found = inputs(x, {"cutout": {"size": 3, "fill_value": 5}})
    assert set(np.unique(found)) == {1, 5}
    assert np.array_equal(found[..., 0], found[..., 1])
    filled = found[..., 0] == 5
    rows, columns = filled.any(axis=2), filled.any(axis=1)
    assert np.array_equal(filled, rows[:, :, None] & columns[:, None, :])
    assert set(rows.sum(axis=1)) == set(columns.sum(axis=1)) == {2, 3}
    assert rows[:, 0].any()
    assert columns[:, 8].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_mixup_mixes_inputs_and_targets_of_two_rows_alike(dtype):
    x = np.eye(COUNT, dtype=dtype)  # a row shows which rows it is made of
    rows = augmented(x, {"mixup": 1.0}, targets=np.eye(COUNT)).take(np.arange(COUNT), 1)
    assert rows.inputs == pytest.approx(rows.targets, abs=1e-7)
    assert rows.inputs.sum(axis=1) == pytest.approx(1, abs=1e-7)
    assert set((rows.inputs > 0).sum(axis=1)) <= {1, 2}
    assert np.diag(rows.inputs).std() > 0.2


def test_mixup_mixes_what_the_steps_before_it_give():
    x = images(4, 4)
    flipped = inputs(x, "random_flip")
    mixed = augmented(x, "random_flip", {"mixup": 1.0}, targets=np.eye(COUNT))
    rows = mixed.take(np.arange(COUNT), 1)
    expected = np.einsum("ij,jkl->ikl", rows.targets, flipped)
    assert rows.inputs == pytest.approx(expected, abs=1e-6)


def test_whole_targets_are_mixed_as_real_numbers():
    targets = np.arange(COUNT)
    mixed = augmented(images(3), "mixup", targets=targets).take(np.arange(COUNT), 1).targets
    assert mixed.dtype == np.float64
    assert (mixed != np.rint(mixed)).any()
