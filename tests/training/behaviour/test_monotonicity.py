"""Monotonicity of networks whose direction is known."""

import pytest

from nnspec.errors import NnspecError
from tests.training.behaviour.models import linear, outcomes


@pytest.mark.parametrize(
    ("column", "direction", "fall"),
    [(0, "increasing", 0), (0, "decreasing", 8), (1, "decreasing", 0), (1, "increasing", 9)],
)
def test_a_linear_model_goes_in_the_direction_of_its_weight(tmp_path, column, direction, fall):
    # p = 2 a - 3 b, and the training rows have a from 0 to 4 and b from 0 to 3
    (one,) = outcomes(tmp_path, [{"monotonicity": {"column": column, "direction": direction}}])
    assert one.met is (fall == 0)
    assert one.actual == pytest.approx(fall)


def test_the_row_and_the_values_are_told(tmp_path):
    (one,) = outcomes(tmp_path, [{"monotonicity": {"column": 0, "direction": "decreasing"}}])
    assert one.detail == "test row 0 of inputs: -3 at 0 and 5 at 4"
    assert one.name == "monotonicity: 0"


def test_the_worst_row_is_that_whose_other_columns_turn_the_direction(tmp_path):
    relu = [{"dense": {"units": 1, "activation": "relu",
             "kernel_initializer": {"values": [[-1], [1]]}}}]  # fmt: skip
    # relu(b - a) falls by at most b: the third test row has b = 5, and a goes to 4
    (one,) = outcomes(tmp_path, [{"monotonicity": {"column": 0, "direction": "increasing"}}], relu)
    assert one.actual == 4
    assert one.detail.startswith("test row 2 of inputs: 5 at 0 and 1 at 4")


def test_a_fall_within_the_tolerance_is_met(tmp_path):
    behaviour = {"column": 0, "direction": "decreasing", "tolerance": 8.001}
    (one,) = outcomes(tmp_path, [{"monotonicity": behaviour}])
    assert one.met is True


def test_a_fall_after_a_rise_counts_from_the_highest_prediction(tmp_path):
    hat = [  # p = -|a - 2|: relu of both sides, summed
        {"dense": {"units": 2, "activation": "relu",
         "kernel_initializer": {"values": [[1, -1], [0, 0]]},
         "bias_initializer": {"values": [-2, 2]}}},
        *linear(-1, -1),
    ]  # fmt: skip
    (one,) = outcomes(tmp_path, [{"monotonicity": {"column": 0, "direction": "increasing"}}], hat)
    assert one.actual == 2


def test_one_unit_of_several_is_looked_at(tmp_path):
    two = linear([1, -1], [0, 0])
    behaviour = [
        {"monotonicity": {"column": 0, "direction": "increasing", "unit": unit}} for unit in (0, 1)
    ]
    data = {"source": {"rows": {
        "inputs": [[0, 0], [4, 3]], "targets": [[0, 0], [1, 1]],
        "test": {"inputs": [[1, 1]], "targets": [[0, 0]]},
    }}}  # fmt: skip
    assert [one.met for one in outcomes(tmp_path, behaviour, two, data=data)] == [True, False]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": 2}, "a row has 2 columns, the last of them 1"),
        ({"column": "age"}, "the inputs have no column 'age'"),
        ({"column": 0, "unit": 1}, "the output has 1 numbers"),
        ({"column": 0, "output": "price"}, "the network has no output 'price'"),
    ],
)
def test_what_is_not_there_is_told_before_the_training(tmp_path, options, message):
    with pytest.raises(NnspecError, match=message):
        outcomes(tmp_path, [{"monotonicity": {"direction": "increasing", **options}}])
    assert list(tmp_path.iterdir()) == []


def test_a_column_that_does_not_vary_has_no_direction(tmp_path):
    data = {"source": {"rows": {
        "inputs": [[1, 0], [1, 3]], "targets": [0, 1],
        "test": {"inputs": [[1, 1]], "targets": [0]},
    }}}  # fmt: skip
    with pytest.raises(NnspecError, match="one value in all training rows"):
        outcomes(tmp_path, [{"monotonicity": {"column": 0, "direction": "increasing"}}], data=data)
