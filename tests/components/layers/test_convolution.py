from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.lib.stride_tricks import sliding_window_view

from nnspec.errors import ShapeError, SpecError
from nnspec.options.validation import read_component

pairs = st.lists(st.integers(1, 3), min_size=2, max_size=2)
sides = st.lists(st.integers(0, 2), min_size=2, max_size=2)


def conv(**options):
    return read_component("layer", {"conv2d": {"filters": 2, "kernel_size": 3, **options}})


def positions(x, kernel, strides, dilation, pads):
    """The windows that NumPy finds on a padded image: (height', width')."""
    padded = np.pad(np.zeros(x), pads)
    extent = [(k - 1) * d + 1 for k, d in zip(kernel, dilation, strict=True)]
    assume(all(e <= n for e, n in zip(extent, padded.shape, strict=True)))
    return sliding_window_view(padded, extent)[:: strides[0], :: strides[1]].shape[:2]


@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)), pairs, pairs, pairs, st.tuples(sides, sides)
)
def test_the_output_has_a_place_for_every_window(x, kernel, strides, dilation, pads):
    layer = conv(kernel_size=kernel, strides=strides, dilation_rate=dilation, padding=list(pads))
    expected = positions(x, kernel, strides, dilation, pads)
    assert layer.output_shape((*x, 3)) == (*expected, 2)


@given(st.tuples(st.integers(1, 9), st.integers(1, 9)), pairs, pairs, pairs)
def test_same_in_numbers_is_the_same(x, kernel, strides, dilation):
    layer = conv(kernel_size=kernel, strides=strides, dilation_rate=dilation, padding="same")
    x = (*x, 3)
    resolved = layer.bind(x)
    assert layer.output_shape(x) == (
        *tuple(-(-n // s) for n, s in zip(x, strides, strict=False)),
        2,
    )
    assert resolved.output_shape(x) == layer.output_shape(x)
    assert resolved.bind(x) == resolved
    assert all(isinstance(side, int) for pad in resolved.padding for side in pad)


def test_short_forms_of_size_and_padding():
    assert conv() == conv(kernel_size=[3, 3], strides=1, dilation_rate=[1, 1], padding="valid")
    assert conv(padding=1) == conv(padding=[1, 1]) == conv(padding=[[1, 1], [1, 1]])
    assert conv(padding=[1, 2]).padding == ((1, 1), (2, 2))


def operations(layer, x):
    """Products, sums and biases of the direct convolution, counted one by one."""
    height, width, filters = layer.output_shape(x)
    rows, columns = layer.kernel_size
    count = 0
    for _ in np.ndindex(height, width, filters):
        for _ in np.ndindex(rows, columns, x[2] // layer.groups):
            count += 2
        count += layer.use_bias
    return count


@pytest.mark.parametrize(
    "example", read_component("layer", {"conv2d": {"filters": 1, "kernel_size": 1}}).examples
)
def test_flops_are_the_operations_of_the_direct_convolution(example):
    layer = read_component("layer", {"conv2d": example.options})
    assert layer.flops(example.input_shape) == operations(layer, example.input_shape)


def test_weights_are_laid_out_as_in_keras():
    weights = conv(filters=4, kernel_size=[2, 3], groups=2).weights((5, 5, 6))
    assert {name: weight.shape for name, weight in weights.items()} == {
        "kernel": (2, 3, 3, 4),
        "bias": (4,),
    }
    assert [weight.initializer.kind for weight in weights.values()] == ["glorot_uniform", "zeros"]
    assert list(conv(use_bias=False).weights((5, 5, 6))) == ["kernel"]


@pytest.mark.parametrize(("filters", "channels"), [(3, 4), (4, 3)])
def test_groups_must_divide_channels_and_filters(filters, channels):
    with pytest.raises(ShapeError, match="2 groups do not divide"):
        conv(filters=filters, groups=2).output_shape((5, 5, channels))


def test_a_kernel_larger_than_its_input_is_refused_unless_padded():
    with pytest.raises(ShapeError, match="kernel 3 is larger than its input 2"):
        conv().output_shape((5, 2, 1))
    assert conv(padding="same").output_shape((5, 2, 1)) == (5, 2, 2)


@pytest.mark.parametrize("padding", ["full", "SAME", -1, [1], [[1, 1]], [[-1, 0], [0, 0]], True])
def test_other_paddings_are_refused(padding):
    with pytest.raises(SpecError):
        conv(padding=padding)
