"""The check of the data before a study."""

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import DataError
from nnspec.tuning.data_check import check_data
from tests.small_runs import rows, spec

UNITS = "network.layers.0.dense.units"
CLASSES = {"inputs": [[0], [1], [2], [3]], "targets": [0, 5, 1, 0]}


def classifier(**parameters):
    layer = {"dense": {"units": 3, "activation": "softmax"}}
    section = {"parameters": parameters, "folds": 2}
    loss = "sparse_categorical_crossentropy"
    return spec(rows(CLASSES, network={"layers": [layer]}, loss=loss, tune=section))


def test_an_error_that_no_setting_avoids_is_raised():
    of = classifier(**{"optimizer.sgd.learning_rate": [0.1, 1.0], UNITS: [3, 4]})
    with pytest.raises(DataError, match="training row 1 of targets is 5"):
        check_data(of, of.tune, ComputeConfig())


def test_an_error_that_a_setting_avoids_is_none():
    of = classifier(**{UNITS: [3, 6]})
    check_data(of, of.tune, ComputeConfig())
