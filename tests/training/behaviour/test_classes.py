"""Recall and predicted share of classifiers whose predictions are known."""

import pytest

from nnspec.errors import NnspecError
from tests.training.behaviour.models import linear, outcomes

# class 1 where a > b: of the test rows below the first and the last
TEST = {"inputs": [[2, 1], [1, 2], [1, 3], [3, 0]], "targets": [1, 1, 0, 1]}
DATA = {"source": {"rows": {"inputs": [[0, 1], [1, 0]], "targets": [0, 1], "test": TEST}}}
BINARY = [{"dense": {"units": 1, "activation": "sigmoid",
           "kernel_initializer": {"values": [[1], [-1]]}}}]  # fmt: skip


def classified(out, behaviour, layers=BINARY, loss="binary_crossentropy", data=DATA):
    return outcomes(out, behaviour, layers, loss=loss, data=data)


def test_the_least_recall_of_a_class(tmp_path):
    low, high = classified(tmp_path, [{"class_recall": 0.6}, {"class_recall": {"at_least": 0.7}}])
    assert (low.met, high.met) == (True, False)
    assert low.actual == pytest.approx(2 / 3)
    assert low.detail == "class 1: 2 of 3 test rows are right"


def test_the_least_share_of_predictions(tmp_path):
    (one,) = classified(tmp_path, [{"predicted_share": 0.5}])
    assert (one.met, one.actual) == (True, 0.5)


def test_a_network_that_gives_all_rows_the_same_class(tmp_path):
    layers = [*linear([0, 0, 0], [0, 0, 0]), "softmax"]
    (share,) = classified(
        tmp_path, [{"predicted_share": 0.05}], layers, "sparse_categorical_crossentropy"
    )
    assert (share.met, share.actual) == (False, 0)
    assert share.detail == "class 1 is predicted for 0 of 4 rows"


def test_numbers_before_the_sigmoid_are_a_yes_above_0(tmp_path):
    loss = {"binary_crossentropy": {"from_logits": True}}
    (one,) = classified(tmp_path, [{"class_recall": 0.6}], linear(1, -1), loss)
    assert one.actual == pytest.approx(2 / 3)


def test_what_has_no_classes_is_refused(tmp_path):
    with pytest.raises(NnspecError, match="mean_squared_error has none"):
        outcomes(tmp_path, [{"class_recall": 0.5}])
