from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.errors import ShapeError, SpecError
from nnspec.options.shapes import format_factors
from nnspec.options.validation import read_component
from tests.networks import graph_of
from tests.reference_rule import random_pass

shapes = st.lists(st.integers(1, 6), max_size=4).map(tuple)
targets = st.lists(st.sampled_from([-1, 1, 2, 3, 4, 6, 12]), max_size=4)


def by_numpy(x, target):
    try:
        return np.empty(x).reshape(target).shape
    except ValueError:
        return None


@given(shapes, targets)
def test_reshape_gives_numpys_shape_or_refuses_as_numpy_does(x, target):
    layer = read_component("layer", {"reshape": {"target_shape": target}})
    expected = by_numpy(x, target)
    if expected is None:
        with pytest.raises(ShapeError, match="cannot become"):
            layer.output_shape(x)
    else:
        assert layer.output_shape(x) == expected
        assert layer.bind(x).target_shape == expected


@given(shapes)
def test_flatten_gives_one_axis_that_remembers_the_shape(x):
    (size,) = read_component("layer", "flatten").output_shape(x)
    assert size == np.empty(x).ravel().size
    assert eval(format_factors(size)) == size


def test_reshape_to_a_vector_is_flatten():
    for target in (12, [12], [-1]):
        (size,) = read_component("layer", {"reshape": target}).output_shape((3, 4))
        assert (size, format_factors(size)) == (12, "3*4")


def test_flatten_keeps_the_factors_of_a_vector():
    flat = read_component("layer", "flatten").output_shape((28, 28))
    assert format_factors(*read_component("layer", "flatten").output_shape(flat)) == "28*28"


@pytest.mark.parametrize(
    ("x", "target", "message", "hint"),
    [
        ((28, 28), [10, 10], "(28, 28) has 784 elements and cannot become (10, 10)", ""),
        ((6,), [-1, -1], "(6) has 6 elements and cannot become (-1, -1)", "at most one size is -1"),
        ((6,), [0, 6], "(6) has 6 elements and cannot become (0, 6)", ""),
    ],
)
def test_what_does_not_fit_is_said_in_numbers(x, target, message, hint):
    with pytest.raises(ShapeError) as caught:
        read_component("layer", {"reshape": target}).output_shape(x)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize("target", [[3, -2], [2.0, 3], ["2", 3], True, "6", [[2, 3]], None])
def test_other_targets_are_refused(target):
    with pytest.raises(SpecError):
        read_component("layer", {"reshape": target})


@pytest.mark.parametrize("kind", ["flatten", {"reshape": [2, 2]}])
def test_moving_nothing_costs_nothing(kind):
    layer = read_component("layer", kind)
    assert (layer.flops((4, 1)), layer.weights((4, 1)), layer.formula((4, 1))) == (0, {}, "")


def test_a_vector_is_repeated_and_nothing_else():
    layer = read_component("layer", {"repeat_vector": 3})
    assert layer.output_shape((4,)) == (3, 4)
    with pytest.raises(ShapeError, match="repeats a vector"):
        layer.output_shape((4, 2))


@pytest.mark.framework
def test_channels_are_shuffled_as_in_pytorch():
    torch = pytest.importorskip("torch")
    done = random_pass({"channel_shuffle": 2}, (3, 6))
    x = torch.tensor(done.x).movedim(-1, 1)
    expected = torch.nn.functional.channel_shuffle(x.unsqueeze(-1), 2).squeeze(-1).movedim(1, -1)
    assert (done.y == expected.numpy()).all()


def test_groups_divide_the_channels_that_are_shuffled():
    with pytest.raises(SpecError, match="divides 6 channels into 4 groups"):
        graph_of([{"channel_shuffle": 4}], (3, 6))
