"""Advice that only the data show: classes of the parts, targets beyond the output's range."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.graph.compile import compile_spec
from nnspec.runs.listener import RunListener
from nnspec.runs.trainer import run
from nnspec.training.prepared_data import check_written_data
from tests.small_runs import named, rows, spec

CLASSES = "sparse_categorical_crossentropy"


def labelled(targets, units=1, loss="binary_crossentropy", **changes):
    source = {"inputs": [[float(n)] for n in range(len(targets))], "targets": targets}
    dense = {"units": units, "activation": "sigmoid" if units == 1 else "softmax"}
    return spec(rows(source, network={"layers": [{"dense": dense}]}, loss=loss, **changes))


def messages(made):
    return [problem.message for problem in check_written_data(made, compile_spec(made))]


LAST, RANDOM = (
    {"validation_split": {"fraction": 0.25, "select": how}} for how in ("last", "random")
)
HALVES = [0] * 6 + [1] * 2


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (labelled(HALVES, train=LAST),
         ["the validation rows have class 1, which no training row is of"]),
        (labelled([0, 1] * 4, train=LAST), []),
        (labelled([0, 1, 2, 0, 1, 2, 0, 1, 1, 1, 0, 0], 3, CLASSES, train=LAST),
         ["no validation row is of class 2"]),
        (labelled([0, 1, 2, 0, 1, 2, 0, 2], 3, CLASSES, train=LAST), []),  # two rows, three classes
        (labelled(np.eye(3, dtype=int)[[0, 1, 0, 1, 0, 1, 2, 0]].tolist(), 3,
                  "categorical_crossentropy", train=LAST),
         ["the validation rows have class 2, which no training row is of"]),
        (labelled([1] * 4), ["all rows are of class 1"]),
        (labelled([1] * 4, silence=["one-class"]), []),
        (labelled([[0.4, 0.3, 0.3], [0.2, 0.5, 0.3], [0.1, 0.1, 0.8]] * 3, 3,
                  "categorical_crossentropy"), []),  # the largest share is the class
        (labelled([[1, 0, 1], [1, 1, 0], [1, 0, 0], [1, 1, 1]], 3), []),  # several labels a row
        (labelled([[0, 1], [0, 0], [0, 0], [0, 1], [1, 1]], 2, train=LAST), []),
        (labelled([0.5, 0.2, 0.7, 0.1], train=LAST), []),  # no labels but probabilities
        (labelled([0, 5, 1, 2], loss="mean_squared_error"),
         ["sigmoid gives numbers from 0 to 1, and a target is 5"]),
        (labelled([0, -1, 1, 0], loss="half_squared_error"),
         ["sigmoid gives numbers from 0 to 1, and a target is -1"]),
        (labelled([0, 1, 0.5, 0], loss="mean_absolute_percentage_error"),
         ["mean_absolute_percentage_error divides by the targets, and 2 of 4 are 0"]),
        (labelled([-1, 1, 1, -1], loss="hinge", metrics=["accuracy", "recall"]), []),
    ],
)  # fmt: skip
def test_what_the_rows_show(made, expected):
    assert messages(made) == expected


def test_sorted_rows_are_split_at_random():
    """The way out that the advice names."""
    made = labelled([0] * 50 + [1] * 50, train=RANDOM)
    assert messages(made) == []


def test_a_class_of_the_test_rows_that_is_not_learnt():
    test = {"inputs": [[5.0]], "targets": [2]}
    source = {"inputs": [[0.0], [1.0]], "targets": [0, 1], "test": test}
    network = {"layers": [{"dense": {"units": 3, "activation": "softmax"}}]}
    made = spec(rows(source, network=network, loss=CLASSES))
    assert messages(made) == ["the test rows have class 2, which no training row is of"]


def test_several_outputs_are_looked_at_each():
    values = named()
    source = values["data"]["source"]["rows"]
    source["targets"]["kind"], source["test"]["targets"]["kind"] = [1] * 6, [1] * 2
    assert messages(spec(values))[0] == "all rows are of class 1"


RARE = [0] * 58 + [1] * 2
ACCURACY = {"metrics": ["accuracy"]}


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (labelled(RARE, **ACCURACY), ["2 of 60 training rows are of class 1"]),
        (labelled(np.eye(2, dtype=int)[RARE].tolist(), 2, "categorical_crossentropy", **ACCURACY),
         ["2 of 60 training rows are of class 1"]),
        (labelled(RARE, metrics=["accuracy", "auc"]), []),
        (labelled(RARE), []),  # nothing is measured
        (labelled(RARE, train={"class_weight": "balanced"}, **ACCURACY), []),
        (labelled(RARE, train={"oversample": True}, **ACCURACY), []),
        (labelled(RARE, silence=["rare-class"], **ACCURACY), []),
        (labelled([0] * 56 + [1] * 4, **ACCURACY), []),
        (labelled([*range(25)] * 20, 25, CLASSES, **ACCURACY), []),  # of 4 % each
        (labelled([*range(25)] * 30 + [*range(24)] * 30, 25, CLASSES, **ACCURACY), []),
        (labelled([*range(25)] * 9 + [*range(24)] * 30, 25, CLASSES, **ACCURACY),
         ["9 of 945 training rows are of class 24"]),
    ],
)  # fmt: skip
def test_a_rare_class_needs_more_than_accuracy(made, expected):
    assert messages(made) == expected


class Advised(RunListener):
    def __init__(self):
        self.codes = []

    def on_advice(self, advice):
        self.codes.append(advice.code)


def test_a_run_says_it_before_it_trains(tmp_path):
    listener = Advised()
    run(labelled(HALVES, train=LAST), out=tmp_path, listener=listener)
    assert listener.codes == ["missing-class"]
