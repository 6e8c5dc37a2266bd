from __future__ import annotations

import re
from math import inf

import numpy as np
import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.options import registry
from nnspec.options.model import required_options
from nnspec.options.validation import read_component
from tests.networks import graph_of, program_of


@pytest.mark.parametrize("cls", registry.classes("activation"), ids=lambda cls: cls.kind)
@pytest.mark.parametrize("x", [(4,), (3, 2, 2)])
def test_an_activation_keeps_the_shape(cls, x):
    activation = cls(**cls.examples[0].options)
    assert activation.output_shape(x) == x
    assert activation.flops(x) >= 0


@pytest.mark.parametrize("cls", registry.classes("activation"), ids=lambda cls: cls.kind)
def test_an_activation_is_the_same_as_a_layer_and_as_an_option(cls):
    assert registry.find("layer", cls.kind) is registry.find("activation", cls.kind) is cls


@pytest.mark.parametrize(
    ("kind", "flops"),
    [("linear", 0), ("relu", 12), ("leaky_relu", 24), ("sigmoid", 48), ("softmax", 48)],
)
def test_flops_grow_with_the_elements(kind, flops):
    assert read_component("layer", kind).flops((3, 2, 2)) == flops


@pytest.mark.parametrize("axis", [1, 2, 3, -1, -2, -3])
def test_softmax_takes_every_axis_of_a_row(axis):
    assert read_component("layer", {"softmax": axis}).output_shape((4, 5, 6)) == (4, 5, 6)


@pytest.mark.parametrize("axis", [0, 4, -4])
def test_softmax_refuses_the_batch_axis_and_those_that_are_not_there(axis):
    with pytest.raises(
        ShapeError, match=rf"softmax over axis {axis}, but its input is \(4, 5, 6\)"
    ):
        read_component("layer", {"softmax": axis}).output_shape((4, 5, 6))


@pytest.mark.parametrize(
    ("shared", "shape"),
    [([], (4, 5, 6)), ([1, 2], (1, 1, 6)), ([3], (4, 5, 1)), ([1, 2, 3], (1, 1, 1))],
)
def test_prelu_has_one_alpha_for_what_an_axis_shares(shared, shape):
    weights = read_component("layer", {"prelu": {"shared_axes": shared}}).weights((4, 5, 6))
    assert weights["alpha"].shape == shape
    assert weights["alpha"].initializer.kind == "zeros"


def test_prelu_refuses_to_share_an_axis_that_is_not_there():
    with pytest.raises(ShapeError, match=r"prelu shares axis 2, but its input \(4\) has 1"):
        read_component("layer", {"prelu": {"shared_axes": [2]}}).output_shape((4,))


def test_leaky_relu_has_the_lectures_slope_and_none_below_0():
    assert read_component("layer", "leaky_relu").negative_slope == 0.01
    with pytest.raises(SpecError, match="negative_slope"):
        read_component("layer", {"leaky_relu": -0.1})


WITH_DEFAULTS = [cls for cls in registry.classes("activation") if not required_options(cls)]


@pytest.mark.parametrize("cls", WITH_DEFAULTS, ids=lambda cls: cls.kind)
def test_the_output_range_is_the_published_one(cls):
    low, high = re.search(r"Range: [(\[{]([^,]+), (\S+?)[)\]}]", cls.__doc__).groups()
    assert cls().output_range == (float(low), float(high))


@pytest.mark.parametrize(
    ("written", "output_range", "saturates"),
    [
        ({"relu": {"max_value": 6}}, (0, 6), True),
        ({"relu": {"max_value": 6, "negative_slope": 0.1}}, (-inf, 6), False),
        ({"relu": {"threshold": 1}}, (0, inf), False),
        ({"elu": 0.5}, (-0.5, inf), False),
        ({"celu": 2}, (-2, inf), False),
        ({"threshold": {"threshold": 1, "default_value": -3}}, (-3, inf), False),
        ({"threshold": {"threshold": 1, "default_value": 2}}, (1, inf), False),
    ],
)
def test_options_change_the_output_range(written, output_range, saturates):
    layer = read_component("layer", written)
    assert (layer.output_range, layer.saturates) == (output_range, saturates)


@pytest.mark.parametrize(
    "written",
    [{"elu": 0}, {"celu": -1}, {"squareplus": 0}, {"relu": {"threshold": -1}}, {"soft_shrink": -1}],
)
def test_an_option_that_gives_no_function_is_refused(written):
    with pytest.raises(SpecError, match="must be"):
        read_component("layer", written)


def test_glu_halves_its_axis():
    assert read_component("layer", "glu").output_shape((4, 5, 6)) == (4, 5, 3)
    assert read_component("layer", {"glu": 1}).output_shape((4, 5, 6)) == (2, 5, 6)
    for axis, reason in ((2, "must be even"), (4, "along axis 4")):
        with pytest.raises(ShapeError) as error:
            read_component("layer", {"glu": axis}).output_shape((4, 5, 6))
        assert reason in f"{error.value.message} {error.value.hint}"


def test_sparsemax_is_the_nearest_distribution():
    """By hand: tau is (1 + 0.9 - 1) / 2 = 0.45, then 2 - 1, then (0.3 - 1) / 3."""
    program = program_of(graph_of(["sparsemax"], (3,)), backend="numpy:reference")
    found = program.predict(np.array([[1, 0.9, -1], [1, -1, 2], [0.1, 0.2, 0]]))
    third = 0.7 / 3
    expected = [[0.55, 0.45, 0], [0, 0, 1], [0.1 + third, 0.2 + third, third]]
    np.testing.assert_allclose(found, expected, rtol=1e-14)
