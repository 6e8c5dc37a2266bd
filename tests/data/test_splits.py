"""Splits of the rows, and no leakage from validation or test rows into the preprocessing."""

import json

import numpy as np
import pytest

from nnspec.data import splits
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import RawSplits, Rows
from nnspec.data.splits import split_rows
from nnspec.errors import DataError
from nnspec.spec.loader import load
from nnspec.spec.validation_split import ValidationSplit
from tests.small_runs import rows, spec


def raw(count):
    train = Rows(np.arange(count)[:, None], np.arange(count))
    return RawSplits(train, Rows(np.ones((2, 1)), np.ones(2)))


def split(count, fraction, select="last", seed=0):
    return split_rows(raw(count), ValidationSplit(fraction=fraction, select=select), seed)


def test_the_last_rows_are_for_validation():
    train, validation, test, _ = split(10, 0.3)
    assert train.targets.tolist() == list(range(7))
    assert validation.targets.tolist() == [7, 8, 9]
    assert test.rows == 2


def test_random_validation_rows_depend_on_the_seed():
    train, validation, *_ = split(100, 0.2, "random")
    assert sorted([*train.targets, *validation.targets]) == list(range(100))
    assert validation.rows == 20
    again, other = split(100, 0.2, "random"), split(100, 0.2, "random", seed=1)
    assert (again.validation.targets == validation.targets).all()
    assert (other.validation.targets != validation.targets).any()


def test_without_a_split_all_rows_are_for_training():
    assert split_rows(raw(5), None, 0).validation is None


@pytest.mark.parametrize(("count", "fraction"), [(1, 0.5), (1, 0.9), (10, 0.01), (10, 0.99)])
def test_a_split_that_leaves_no_rows_is_an_error(count, fraction):
    with pytest.raises(DataError, match="leaves none to"):
        split(count, fraction)


def fit_with(validation, test):
    """Fit the preprocessing where the last two of four rows are for validation."""
    inputs = [[1.0], [3.0], *([value] for value in validation)]
    source = {"inputs": inputs, "targets": [0, 1, 0, 1],
              "test": {"inputs": [[float(test)]], "targets": [1]}}  # fmt: skip
    values = rows(source, train={"validation_split": 0.5})
    values["data"]["inputs"] = ["standardize", "scale"]
    parsed = spec(values)
    return FittedPreprocessing.fit(parsed, splits.load_splits(parsed).train)


def test_validation_and_test_rows_do_not_change_the_fitted_state():
    first, other = fit_with([5.0, 7.0], 9), fit_with([-1e6, 1e6], -1e9)
    assert first.plain() == other.plain()
    assert first.inputs[""].pipeline.state[0] == {"mean": [2.0], "std": [1.0]}
    assert first.inputs[""].pipeline.rows == 2


def test_fitted_preprocessing_round_trips_through_json():
    values = rows()
    values["data"]["inputs"] = ["standardize"]
    parsed = spec(values)
    fitted = FittedPreprocessing.fit(parsed, splits.load_splits(parsed).train)
    again = FittedPreprocessing.from_plain(json.loads(json.dumps(fitted.plain())), parsed)
    assert again.plain() == fitted.plain()


@pytest.mark.parametrize("side", ["inputs", "targets"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_value_that_is_not_finite_is_an_error_with_its_row(side, value):
    arrays = {"inputs": np.ones((4, 2)), "targets": np.ones(4)}
    arrays[side][2] = value
    parsed = spec(rows())
    fitted = FittedPreprocessing.fit(parsed, splits.load_splits(parsed).train)
    with pytest.raises(DataError, match=f"row 2 of {side}.* is no number"):
        fitted.apply(Rows(**arrays))


def test_an_error_of_a_step_is_located_in_the_spec(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "data:\n  source: {rows: {inputs: [1], targets: [5]}}\n  targets:\n    - one_hot: 3\n"
        "network: {layers: [{dense: 3}]}\n"
    )
    parsed = load(path)
    train = splits.load_splits(parsed).train
    with pytest.raises(
        DataError, match=r"s.yaml:4:7: error: training row 0 of targets: one_hot gets 5"
    ):
        FittedPreprocessing.fit(parsed, train).apply(train)


def test_the_digest_changes_with_any_value_or_shape():
    digests = set()
    for change in (0, 1, 0.5):
        array = np.zeros(4)
        array[2] = change
        digests.add(splits.data_sha256(splits.Splits(Rows(array, np.ones(4)), None, None)))
    digests.add(splits.data_sha256(splits.Splits(Rows(np.zeros((4, 1)), np.ones(4)), None, None)))
    assert len(digests) == 4
