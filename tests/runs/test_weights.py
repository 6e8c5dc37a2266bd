"""Networks with the initial weights of a spec or the weights of a run; their input rows."""

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


def network_of(tmp_path, *overrides, **changes):
    values = rows(STANDARDIZED, **changes)
    values["data"]["inputs"] = ["standardize"]
    return NetworkWithWeights.open(tmp_path / written(tmp_path, values), overrides)


def test_initial_weights_are_determined_by_the_seed(tmp_path):
    for seed in (0, 5):
        network = network_of(tmp_path, f"train.seed={seed}")
        expected = initial_weights(network.graph, seed)
        assert network.weights.keys() == expected.keys()
        assert all((network.weights[name] == expected[name]).all() for name in expected)
        assert network.origin == f"first weights (seed {seed})"


def test_rows_are_preprocessed_with_the_statistics_of_the_training_rows(tmp_path):
    network = network_of(tmp_path)
    assert network.data_row(1, "train").inputs.tolist() == [[1, 1]]
    test = network.data_row(0, "test")
    assert (test.inputs.tolist(), test.targets.tolist()) == ([[3, 3]], [1])
    given = network.given_row(np.array([4, 50]), np.array(1))
    assert given.inputs.tolist() == test.inputs.tolist()
    assert given.rows.targets.tolist() == [1]


def test_a_run_has_its_fitted_preprocessing_and_weights(tmp_path):
    values = rows(STANDARDIZED)
    values["data"]["inputs"] = ["standardize"]
    report = trained(values, tmp_path)
    network = NetworkWithWeights.open(report.run, ())
    assert network.data_row(0, "test").inputs.tolist() == [[3, 3]]
    with pytest.raises(NnspecError, match="they cannot be changed"):
        NetworkWithWeights.open(report.run, ("network.layers.0.dense.use_bias=false",))


def test_missing_rows_and_targets_are_refused(tmp_path):
    network = network_of(tmp_path)
    with pytest.raises(DataError, match="the test data have no row 1"):
        network.data_row(1, "test")
    with pytest.raises(DataError, match="no target"):
        _ = network.given_row(np.array([1, 2]), None).rows
    with pytest.raises(DataError, match="no number"):
        network.given_row(np.array([1, np.nan]), None)
