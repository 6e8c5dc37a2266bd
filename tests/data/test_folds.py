"""Folds partition the rows, and the preprocessing is fitted without the held-out fold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.data import folds
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import Rows
from nnspec.data.splits import load_splits
from nnspec.data.splitting.method import Fold
from nnspec.data.splitting.random_rows import RandomSplit
from nnspec.errors import DataError
from tests.small_runs import rows, spec

SEVEN = {"inputs": [[i * i, 2 * i] for i in range(7)], "targets": [i % 2 for i in range(7)]}


def random_folds(row_count, fold_count, seed):
    """The rows that are held out of each random fold."""
    dealt = RandomSplit().folds(np.arange(row_count), fold_count, (seed, "folds"))
    return [fold.validation for fold in dealt]


@given(st.integers(2, 200), st.integers(2, 20), st.integers(0, 9))
def test_folds_partition_the_rows_evenly(row_count, fold_count, seed):
    found = random_folds(row_count, fold_count, seed)
    assert sorted(np.concatenate(found)) == list(range(row_count))
    sizes = [len(fold) for fold in found]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] - sizes[-1] <= 1


def test_folds_depend_on_the_seed():
    one, again, other = (random_folds(100, 5, seed) for seed in (0, 0, 1))
    assert [list(fold) for fold in one] == [list(fold) for fold in again]
    assert [list(fold) for fold in one] != [list(fold) for fold in other]


def test_a_fold_is_held_out_of_training():
    train = Rows(np.arange(10), np.arange(10) * 2)
    fold = Fold(np.array([0, 2, 3, 5, 6, 7, 8, 9]), np.array([1, 4]))
    splits = folds.hold_out(train, fold)
    assert splits.validation.inputs.tolist() == [1, 4]
    assert splits.train.inputs.tolist() == [0, 2, 3, 5, 6, 7, 8, 9]
    assert splits.train.targets.tolist() == [0, 4, 6, 10, 12, 14, 16, 18]
    assert splits.test is None


def standardized(source):
    values = rows(source, tune={"parameters": {"train.epochs": [1]}, "folds": 3})
    values["data"]["inputs"] = [{"cast": "float64"}, "standardize"]
    return spec(values)


def fitted(source, fold):
    """State of the preprocessing when a fold is held out."""
    tuning_spec = standardized(source)
    train = folds.tuning_rows(tuning_spec, tuning_spec.tune)
    splits = folds.hold_out(train, folds.assign_folds(tuning_spec, tuning_spec.tune, train)[fold])
    return FittedPreprocessing.fit(tuning_spec, splits.train).plain()


def test_the_preprocessing_is_fitted_for_every_fold():
    assert fitted(SEVEN, 0) != fitted(SEVEN, 1)


def test_held_out_rows_do_not_change_the_fitted_state():
    held_out, other = (random_folds(7, 3, 0)[fold] for fold in (0, 1))
    for changed, same in ((held_out[0], True), (other[0], False)):
        inputs = [list(row) for row in SEVEN["inputs"]]
        inputs[changed] = [1000, -1000]
        now = fitted({**SEVEN, "inputs": inputs}, 0)
        assert (now == fitted(SEVEN, 0)) is same


@pytest.mark.parametrize(
    ("section", "message"),
    [({"folds": 8}, "8 folds of 7 rows"), ({"rows": 8}, "rows is 8 and there are 7")],
)
def test_too_few_rows(section, message):
    values = spec(rows(SEVEN, tune={"parameters": {"train.epochs": [1]}, **section}))
    with pytest.raises(DataError, match=message):
        folds.tuning_rows(values, values.tune)


def test_only_the_first_rows_are_used():
    values = spec(rows(SEVEN, tune={"parameters": {"train.epochs": [1]}, "rows": 6, "folds": 3}))
    assert folds.tuning_rows(values, values.tune).inputs.tolist() == SEVEN["inputs"][:6]


COLUMNS = {"group": 3, "day": 2}  # and the number of rows of one value


def split_spec(by, **section):
    count = 24
    source = {
        "inputs": [[float(n)] for n in range(count)], "targets": [0] * 8 + [1] * 16,
        "metadata": {name: [n // few for n in range(count)] for name, few in COLUMNS.items()},
    }  # fmt: skip
    tune = {"parameters": {"train.epochs": [1]}, "folds": 3, **section}
    values = rows(source, tune=tune)
    values["data"]["split"] = {"by": by, "test": 6}
    return spec(values)


@pytest.mark.parametrize(
    "by", ["random", "ordered", "stratified", {"group": "group"}, {"time": "day"}], ids=str
)
def test_folds_are_dealt_as_rows_are_split_and_never_have_test_rows(by):
    made = split_spec(by)
    tested = load_splits(made).test.origin.numbers
    all_rows = folds.tuning_rows(made, made.tune)
    assert all_rows.rows == 18
    for fold in folds.assign_folds(made, made.tune, all_rows):
        train, held_out, *_ = folds.hold_out(all_rows, fold)
        assert not np.isin(tested, [*train.origin.numbers, *held_out.origin.numbers]).any()
        check_fold(by, train, held_out)


def check_fold(by, train, held_out):
    """Whether two sides are split in a way."""
    if by == "stratified":
        assert np.bincount(held_out.targets).tolist() == [2, 4]
    if by == "ordered":
        numbers = held_out.origin.numbers
        assert numbers[-1] - numbers[0] == len(numbers) - 1
    if by == {"group": "group"}:
        assert not np.isin(train.metadata["group"], held_out.metadata["group"]).any()
    if by == {"time": "day"}:
        assert train.metadata["day"].max() < held_out.metadata["day"].min()


@pytest.mark.parametrize(
    ("by", "count", "message"),
    [({"group": "group"}, 7, "7 folds of 6 groups"), ({"time": "day"}, 9, "9 folds of rows of 9")],
)
def test_too_few_groups_or_times_for_the_folds(by, count, message):
    made = split_spec(by, folds=count)
    with pytest.raises(DataError, match=message):
        folds.tuning_rows(made, made.tune)


def test_folds_alone_may_be_split():
    """A split without sizes says how folds are dealt, and nothing else."""
    source = {**SEVEN, "metadata": {"group": [0, 0, 1, 1, 2, 2, 2]}}
    values = rows(source, tune={"parameters": {"train.epochs": [1]}, "folds": 3})
    values["data"]["split"] = {"by": {"group": "group"}}
    made = spec(values)
    assert [part.rows for part in load_splits(made).parts()] == [7]
    dealt = folds.assign_folds(made, made.tune, folds.tuning_rows(made, made.tune))
    assert sorted(map(len, (fold.validation for fold in dealt))) == [2, 2, 3]
