from __future__ import annotations

import pytest

from nnspec.errors import ShapeError
from nnspec.options.validation import read_component


def weights(x=(4, 4, 3), **options):
    return read_component("layer", {"batch_normalization": options}).weights(x)


def test_each_channel_has_four_numbers_of_which_two_are_trained():
    found = {name: (weight.shape, weight.trainable) for name, weight in weights().items()}
    assert found == {
        "gamma": ((3,), True),
        "beta": ((3,), True),
        "moving_mean": ((3,), False),
        "moving_variance": ((3,), False),
    }


def test_the_running_statistics_start_at_those_of_standard_numbers():
    kinds = {name: weight.initializer.kind for name, weight in weights().items()}
    assert kinds == {
        "gamma": "ones",
        "beta": "zeros",
        "moving_mean": "zeros",
        "moving_variance": "ones",
    }


@pytest.mark.parametrize(
    ("options", "names"),
    [
        ({"center": False}, ["gamma", "moving_mean", "moving_variance"]),
        ({"scale": False}, ["beta", "moving_mean", "moving_variance"]),
        ({"center": False, "scale": False}, ["moving_mean", "moving_variance"]),
    ],
)
def test_what_is_left_out_has_no_weight(options, names):
    assert list(weights(**options)) == names


def test_a_single_number_has_no_channels():
    with pytest.raises(ShapeError, match="has no channels"):
        read_component("layer", "batch_normalization").output_shape(())


@pytest.mark.parametrize(("groups", "x"), [(0, (4, 6)), (4, (4, 6)), (12, (4, 6)), (1, ())])
def test_groups_divide_the_channels(groups, x):
    with pytest.raises(ShapeError, match="groups"):
        read_component("layer", {"group_normalization": groups}).output_shape(x)


def test_instance_normalization_has_a_group_for_each_channel():
    layer = read_component("layer", {"group_normalization": -1})
    assert layer.bind((4, 4, 6)).groups == 6
    assert layer.weights((4, 4, 6))["gamma"].shape == (6,)


@pytest.mark.parametrize("kind", ["unit_normalization", "rms_normalization"])
@pytest.mark.parametrize("axis", [0, 3, [1, -2]])
def test_axes_exist_and_are_named_once(kind, axis):
    with pytest.raises(ShapeError, match="axis"):
        read_component("layer", {kind: {"axis": axis}}).output_shape((4, 5))


@pytest.mark.parametrize(("axis", "channels"), [(1, 2), (-2, 4), (3, 3), (-1, 3)])
def test_batch_normalization_has_its_channels_on_any_axis(axis, channels):
    layer = read_component("layer", {"batch_normalization": {"axis": axis}})
    x = (2, 4, 3)
    assert {weight.shape for weight in layer.weights(x).values()} == {(channels,)}
    assert layer.formula(x) == f"4*{channels}"
    assert layer.bind(x).channels_last is (channels == 3)


@pytest.mark.parametrize("axis", [0, 3, -3])
def test_the_axis_of_the_channels_exists(axis):
    layer = read_component("layer", {"batch_normalization": {"axis": axis}})
    with pytest.raises(ShapeError, match=f"along axis {axis}"):
        layer.output_shape((4, 3))
