"""Splitting, and nothing leaking from validation or test rows into what is learnt."""

import json

import numpy as np
import pytest

from nnspec.data import splits
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.sources import RawSplits, Rows
from nnspec.data.splits import split_rows
from nnspec.errors import DataError
from nnspec.spec.document import ValidationSplit
from nnspec.spec.loader import load
from tests.small_runs import rows, spec


def raw(count):
    train = Rows(np.arange(count)[:, None], np.arange(count))
    return RawSplits(train, Rows(np.ones((2, 1)), np.ones(2)))


def parts(count, fraction, select="last", seed=0):
    return split_rows(raw(count), ValidationSplit(fraction=fraction, select=select), seed)


def test_the_last_rows_validate():
    train, validation, test = parts(10, 0.3)
    assert train.targets.tolist() == list(range(7))
    assert validation.targets.tolist() == [7, 8, 9]
    assert test.rows == 2


def test_random_rows_validate_the_same_ones_for_a_seed():
    train, validation, _ = parts(100, 0.2, "random")
    assert sorted([*train.targets, *validation.targets]) == list(range(100))
    assert validation.rows == 20
    again, other = parts(100, 0.2, "random"), parts(100, 0.2, "random", seed=1)
    assert (again.validation.targets == validation.targets).all()
    assert (other.validation.targets != validation.targets).any()


def test_without_a_split_all_rows_train():
    assert split_rows(raw(5), None, 0).validation is None


@pytest.mark.parametrize(("count", "fraction"), [(1, 0.5), (1, 0.9), (10, 0.01), (10, 0.99)])
def test_a_split_that_leaves_nothing_is_refused(count, fraction):
    with pytest.raises(DataError, match="leaves none to"):
        parts(count, fraction)


def leaky(validation, test):
    """What is learnt where the last two of four rows validate."""
    inputs = [[1.0], [3.0], *([value] for value in validation)]
    source = {"inputs": inputs, "targets": [0, 1, 0, 1],
              "test": {"inputs": [[float(test)]], "targets": [1]}}  # fmt: skip
    values = rows(source, train={"validation_split": 0.5})
    values["data"]["inputs"] = ["standardize", "scale"]
    built = spec(values)
    return FittedPreprocessing.fit(built, splits.load_splits(built).train)


def test_validation_and_test_rows_never_change_what_is_learnt():
    first, other = leaky([5.0, 7.0], 9), leaky([-1e6, 1e6], -1e9)
    assert first.plain() == other.plain()
    assert first.inputs.state[0] == {"mean": [2.0], "std": [1.0]}
    assert first.inputs.rows == 2


def test_a_preparation_survives_json():
    values = rows()
    values["data"]["inputs"] = ["standardize"]
    built = spec(values)
    fitted = FittedPreprocessing.fit(built, splits.load_splits(built).train)
    again = FittedPreprocessing.from_plain(json.loads(json.dumps(fitted.plain())), built)
    assert again.plain() == fitted.plain()


@pytest.mark.parametrize("side", ["inputs", "targets"])
@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused_with_its_row(side, value):
    table = {"inputs": np.ones((4, 2)), "targets": np.ones(4)}
    table[side][2] = value
    built = spec(rows())
    fitted = FittedPreprocessing.fit(built, splits.load_splits(built).train)
    with pytest.raises(DataError, match=f"{side} hold a value that is no number, in row 2"):
        fitted.apply(Rows(**table))


def test_a_mistake_of_a_step_is_located(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(
        "data:\n  source: {rows: {inputs: [1], targets: [5]}}\n  targets:\n    - one_hot: 3\n"
        "network: {layers: [{dense: 3}]}\n"
    )
    built = load(path)
    train = splits.load_splits(built).train
    with pytest.raises(DataError, match=r"s.yaml:4:7: error: one_hot: the label 5"):
        FittedPreprocessing.fit(built, train).apply(train)


def test_the_digest_tells_any_change():
    digests = set()
    for change in (0, 1, 0.5):
        array = np.zeros(4)
        array[2] = change
        digests.add(splits.data_sha256(splits.Splits(Rows(array, np.ones(4)), None, None)))
    digests.add(splits.data_sha256(splits.Splits(Rows(np.zeros((4, 1)), np.ones(4)), None, None)))
    assert len(digests) == 4
