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


ONE_HOT = {"targets": ["one_hot"], "split": {"by": "ordered"}}
LISTED = {"targets": [{"one_hot": {"categories": [0, 1, 2]}}]}


def sorted_classes(data, **train):
    """Rows of three classes, one after the other, in three folds of consecutive rows."""
    source = {"inputs": [[float(n)] for n in range(9)], "targets": [0, 0, 0, 1, 1, 1, 2, 2, 2]}
    layers = [{"dense": {"units": 3, "activation": "softmax"}}]
    data = {"source": {"rows": source}, **ONE_HOT, **data}
    tune = {"parameters": {"optimizer.sgd.learning_rate": [0.1]}, "folds": 3}
    loss = "categorical_crossentropy"
    return spec(rows(data=data, network={"layers": layers}, loss=loss, tune=tune, train=train))


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (sorted_classes({}), "validation row 0 of targets: one_hot gets '0'"),
        (sorted_classes(LISTED, class_weight="balanced"), "no training row is of the class '0'"),
    ],
)
def test_a_class_that_the_training_rows_of_a_fold_lack_is_told_with_the_fold(made, message):
    with pytest.raises(DataError) as error:
        check_data(made, made.tune, ComputeConfig())
    found = error.value.problems[0].message
    assert found.startswith(f"fold 1 of 3, whose 6 training rows lack the class '0': {message}")


def test_listed_classes_need_not_be_in_each_fold():
    made = sorted_classes(LISTED)
    check_data(made, made.tune, ComputeConfig())
