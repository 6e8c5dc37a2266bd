"""Random numbers by row: NumPy's own Philox at a row's counter, in any order and batch."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.randomness.beta import symmetric_beta
from nnspec.randomness.philox import key_number
from nnspec.randomness.row_noise import RowNoise

KEY = (3, "augmentation", "image", 0, "random_flip", 1)


@pytest.mark.parametrize("part", [0, 1, 70_000])
def test_the_words_are_those_of_numpys_generator_at_the_rows_counter(part):
    numbers = np.array([1, 59_999, 2, 2**40])
    for row, words in zip(numbers, RowNoise(numbers, KEY).words(part), strict=True):
        before = int(row) + (part << 64) - 1  # the generator counts before it draws
        expected = np.random.Philox(key=key_number(*KEY), counter=before).random_raw(4)
        assert words.tolist() == expected.tolist()


def test_a_row_has_the_same_numbers_in_any_batch():
    everything = RowNoise(np.arange(100), KEY).uniform(4)
    some = np.array([70, 3, 3, 99])
    assert np.array_equal(RowNoise(some, KEY).uniform(4), everything[:, some])
    assert RowNoise(some, KEY).uniform(2).shape == (2, 4)


def test_the_numbers_are_uniform():
    samples = RowNoise(np.arange(50_000), KEY).uniform(4)
    assert ((samples >= 0) & (samples < 1)).all()
    assert samples.mean() == pytest.approx(0.5, abs=0.003)
    assert np.corrcoef(samples) == pytest.approx(np.eye(4), abs=0.02)


@pytest.mark.parametrize("alpha", [0.1, 0.4, 1.0, 5.0])
def test_the_beta_distribution_has_its_moments(alpha):
    samples = symmetric_beta(alpha, RowNoise(np.arange(50_000), KEY))
    centred = samples - 0.5
    variance = 1 / (4 * (2 * alpha + 1))
    fourth = 3 * variance**2 * (2 * alpha + 1) / (2 * alpha + 3)
    assert centred.mean() == pytest.approx(0, abs=0.008)
    assert (centred**2).mean() == pytest.approx(variance, rel=0.02)
    assert (centred**4).mean() == pytest.approx(fourth, rel=0.03)


def test_a_tiny_alpha_mixes_all_but_nothing():
    samples = symmetric_beta(1e-3, RowNoise(np.arange(2000), KEY))
    assert np.isin(samples, (0, 1)).mean() > 0.9


def test_beta_samples_do_not_depend_on_the_batch():
    everything = symmetric_beta(0.3, RowNoise(np.arange(500), KEY))
    some = np.array([499, 0, 77])
    assert symmetric_beta(0.3, RowNoise(some, KEY)).tolist() == everything[some].tolist()
