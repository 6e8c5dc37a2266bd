"""Invariance of networks whose answer to a change is known."""

import pytest

from nnspec.errors import NnspecError
from tests.training.behaviour.models import linear, outcomes


@pytest.mark.parametrize(("column", "difference"), [(0, 1.0), (1, 1.5)])
def test_a_linear_model_moves_by_its_weight(tmp_path, column, difference):
    add = {"column": column, "value": 0.5}
    (one,) = outcomes(tmp_path, [{"invariance": {"add": add, "within": 1.2}}])
    assert one.actual == pytest.approx(difference)
    assert one.met is (difference < 1.2)


def test_the_row_and_both_predictions_are_told(tmp_path):
    add = {"column": 0, "value": 1}
    (one,) = outcomes(tmp_path, [{"invariance": {"add": add, "within": 0}}])
    assert one.detail == "test row 0 of inputs: -1 becomes 1"
    assert one.name == "invariance: 0 + 1"


def test_a_column_without_a_weight_can_be_permuted(tmp_path):
    behaviour = [
        {"invariance": {"permute": [column], "within": 0, "times": 5}} for column in (0, 1)
    ]
    unused, used = outcomes(tmp_path, behaviour, linear(0, -3))
    assert (unused.met, unused.actual) == (True, 0)
    assert used.met is False
    assert used.actual in (3, 9, 12)  # -3 times a difference of 1, 2 and 5


def image_data():
    images = [[[0, 1, 2], [3, 4, 5]], [[1, 0, 0], [0, 0, 2]]]
    return {"source": {"rows": {
        "inputs": images, "targets": [0, 1], "test": {"inputs": images, "targets": [0, 1]},
    }}}  # fmt: skip


@pytest.mark.parametrize(("weights", "is_met"), [([1, 5, 1] * 2, True), ([1, 5, 0] * 2, False)])
def test_symmetric_weights_do_not_see_a_flip(tmp_path, weights, is_met):
    flip = {"augment": [{"random_flip": "horizontal"}], "within": 1e-5, "times": 8}
    layers = ["flatten", *linear(*weights)]
    (one,) = outcomes(tmp_path, [{"invariance": flip}], layers, data=image_data())
    assert one.met is is_met
    if not is_met:
        assert one.actual == pytest.approx(4)  # |0 + 3 - (2 + 5)| of the first image


def test_the_change_is_the_same_each_time(tmp_path):
    flip = [{"invariance": {"augment": [{"random_rotation": 0.2}], "within": 1}}]
    layers = ["flatten", *linear(1, 2, 3, 4, 5, 6)]
    first, second = (outcomes(tmp_path, flip, layers, data=image_data()) for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "needs one of augment, add and permute, and has none"),
        ({"permute": [0], "add": {"column": 0, "value": 1}}, "has add and permute"),
        ({"permute": ["city"]}, "the inputs have no column 'city'"),
        ({"augment": ["random_flip"]}, "random_flip needs images"),
        ({"add": {"column": 0, "value": 1}, "times": 2}, "in the same way each time"),
    ],
)
def test_what_cannot_be_tested_is_told_before_the_training(tmp_path, options, message):
    with pytest.raises(NnspecError, match=message):
        outcomes(tmp_path, [{"invariance": {"within": 0, **options}}])
    assert list(tmp_path.iterdir()) == []


def test_a_step_that_changes_the_shape_is_refused(tmp_path):
    crop = {"augment": [{"random_crop": {"height": 1, "width": 3}}], "within": 0}
    with pytest.raises(NnspecError, match="random_crop changes the shape"):
        outcomes(tmp_path, [{"invariance": crop}], ["flatten", *linear(1, 1, 1, 1, 1, 1)],
                 data=image_data())  # fmt: skip


def test_rows_that_the_preparation_refuses_are_told_before_the_training(tmp_path):
    data = {
        "source": {"rows": {"inputs": [[1, 1], [2, 3]], "targets": [0, 1],
                            "test": {"inputs": [[1, 1]], "targets": [0]}}},
        "inputs": ["log"],
    }  # fmt: skip
    with pytest.raises(NnspecError):
        outcomes(
            tmp_path, [{"invariance": {"add": {"column": 0, "value": -3}, "within": 0}}], data=data
        )
    assert list(tmp_path.iterdir()) == []


def test_without_test_rows_there_is_nothing_to_test(tmp_path):
    data = {"source": {"rows": {"inputs": [[1, 1], [2, 3]], "targets": [0, 1]}}}
    with pytest.raises(NnspecError, match="invariance needs test rows"):
        outcomes(tmp_path, [{"invariance": {"permute": [0], "within": 0}}], data=data)
