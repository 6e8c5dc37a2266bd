"""Folds partition the rows, and nothing of one leaks into what is learnt on the others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data import folds
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.sources import Rows
from nnspec.errors import DataError
from tests.small_runs import rows, spec

SEVEN = {"inputs": [[i * i, 2 * i] for i in range(7)], "targets": [i % 2 for i in range(7)]}


@given(st.integers(2, 200), st.integers(2, 20), st.integers(0, 9))
def test_folds_partition_the_rows_evenly(count, many, seed):
    dealt = folds.assign_folds(count, many, seed)
    assert sorted(np.concatenate(dealt)) == list(range(count))
    sizes = [len(fold) for fold in dealt]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


def test_the_seed_deals():
    one, again, other = (folds.assign_folds(100, 5, seed) for seed in (0, 0, 1))
    assert [list(fold) for fold in one] == [list(fold) for fold in again]
    assert [list(fold) for fold in one] != [list(fold) for fold in other]


def test_a_fold_is_held_out_of_training():
    table = Rows(np.arange(10), np.arange(10) * 2)
    parts = folds.hold_out(table, np.array([1, 4]))
    assert parts.validation.inputs.tolist() == [1, 4]
    assert parts.train.inputs.tolist() == [0, 2, 3, 5, 6, 7, 8, 9]
    assert parts.train.targets.tolist() == [0, 4, 6, 10, 12, 14, 16, 18]
    assert parts.test is None


def standardized(source):
    made = rows(source, tune={"parameters": {"train.epochs": [1]}, "folds": 3})
    made["data"]["inputs"] = [{"cast": "float64"}, "standardize"]
    return spec(made)


def fitted(source, fold):
    """What the preparation learns when a fold is held out."""
    made = standardized(source)
    table = folds.tuning_rows(made, made.tune)
    parts = folds.hold_out(table, folds.assign_folds(table.rows, 3, 0)[fold])
    return FittedPreprocessing.fit(made, parts.train).plain()


def test_every_fold_fits_the_preparation_anew():
    assert fitted(SEVEN, 0) != fitted(SEVEN, 1)


def test_rows_that_are_held_out_change_nothing_that_is_learnt():
    held, other = (folds.assign_folds(7, 3, 0)[fold] for fold in (0, 1))
    for changed, same in ((held[0], True), (other[0], False)):
        inputs = [list(row) for row in SEVEN["inputs"]]
        inputs[changed] = [1000, -1000]
        now = fitted({**SEVEN, "inputs": inputs}, 0)
        assert (now == fitted(SEVEN, 0)) is same


@pytest.mark.parametrize(
    ("section", "said"),
    [({"folds": 8}, "8 folds of 7 rows"), ({"rows": 8}, "rows is 8 and there are 7")],
)
def test_too_few_rows(section, said):
    made = spec(rows(SEVEN, tune={"parameters": {"train.epochs": [1]}, **section}))
    with pytest.raises(DataError, match=said):
        folds.tuning_rows(made, made.tune)


def test_only_the_first_rows():
    made = spec(rows(SEVEN, tune={"parameters": {"train.epochs": [1]}, "rows": 6, "folds": 3}))
    assert folds.tuning_rows(made, made.tune).inputs.tolist() == SEVEN["inputs"][:6]
