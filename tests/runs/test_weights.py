"""Networks with weights: a spec's first ones, or a run's."""

import numpy as np
import pytest

from nnspec.errors import DataError, NnspecError
from nnspec.randomness.initial_weights import initial_weights
from nnspec.runs.weights import NetworkWithWeights
from tests.cli.conftest import written
from tests.small_runs import rows, trained

STANDARDIZED = {
    "inputs": [[0, 10], [2, 30]],
    "targets": [0, 1],
    "test": {"inputs": [[4, 50]], "targets": [1]},
}


def weighted(tmp_path, *overrides, **changes):
    values = rows(STANDARDIZED, **changes)
    values["data"]["inputs"] = ["standardize"]
    return NetworkWithWeights.open(tmp_path / written(tmp_path, values), overrides)


def test_a_specs_weights_follow_its_seed(tmp_path):
    for seed in (0, 5):
        found = weighted(tmp_path, f"train.seed={seed}")
        expected = initial_weights(found.graph, seed)
        assert found.weights.keys() == expected.keys()
        assert all((found.weights[name] == expected[name]).all() for name in expected)
        assert found.origin == f"first weights (seed {seed})"


def test_rows_are_prepared_by_what_the_training_rows_teach(tmp_path):
    found = weighted(tmp_path)
    assert found.data_row(1, "train").inputs.tolist() == [[1, 1]]
    test = found.data_row(0, "test")
    assert (test.inputs.tolist(), test.targets.tolist()) == ([[3, 3]], [1])
    given = found.given_row(np.array([4, 50]), np.array(1))
    assert given.inputs.tolist() == test.inputs.tolist()
    assert given.table.targets.tolist() == [1]


def test_a_run_keeps_what_it_has_learnt(tmp_path):
    values = rows(STANDARDIZED)
    values["data"]["inputs"] = ["standardize"]
    report = trained(values, tmp_path)
    found = NetworkWithWeights.open(report.run, ())
    assert found.data_row(0, "test").inputs.tolist() == [[3, 3]]
    with pytest.raises(NnspecError, match="has not the weights"):
        NetworkWithWeights.open(report.run, ("network.layers.0.dense.use_bias=false",))


def test_rows_that_there_are_not(tmp_path):
    found = weighted(tmp_path)
    with pytest.raises(DataError, match="the test data have no row 1"):
        found.data_row(1, "test")
    with pytest.raises(DataError, match="no target"):
        _ = found.given_row(np.array([1, 2]), None).table
    with pytest.raises(DataError, match="no number"):
        found.given_row(np.array([1, np.nan]), None)
