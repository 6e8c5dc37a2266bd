from __future__ import annotations

from math import ceil, prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.errors import ShapeError
from nnspec.options.shapes import (
    Product,
    count_windows,
    format_factors,
    format_shape,
    image_shape,
    paddings,
    same_padding,
)

sizes = st.integers(1, 40)
kernels = st.integers(1, 9)
strides = st.integers(1, 5)
dilations = st.integers(1, 4)


def windows_by_hand(size, kernel, stride, dilation):
    """How often a kernel can be laid on an axis, found by sliding it along."""
    taps = [dilation * tap for tap in range(kernel)]
    return sum(start + taps[-1] < size for start in range(0, size, stride))


@given(sizes, kernels, strides, dilations)
def test_same_is_the_least_padding_with_a_window_for_every_stride(n, k, s, d):
    needed = ceil(n / s)
    least = next(p for p in range(200) if windows_by_hand(n + p, k, s, d) >= needed)
    before, after = same_padding(n, k, s, d)
    assert before + after == least
    assert after - before in (0, 1)
    assert count_windows(n, k, s, d, (before, after)) == needed


@given(sizes, kernels, strides, dilations, st.integers(0, 3), st.integers(0, 3))
def test_windows_are_as_many_as_fit(n, k, s, d, before, after):
    fitting = windows_by_hand(n + before + after, k, s, d)
    if fitting:
        assert count_windows(n, k, s, d, (before, after)) == fitting
    else:
        with pytest.raises(ShapeError, match=f"kernel {k}.* is larger than its input"):
            count_windows(n, k, s, d, (before, after))


def test_a_dilated_kernel_that_is_too_large_says_how_far_it_reaches():
    with pytest.raises(
        ShapeError, match=r"kernel 3 \(with dilation 2: 5\) is larger than its input 4"
    ):
        count_windows(4, 3, 1, 2, (0, 0))


def test_paddings_by_name_and_in_numbers():
    assert paddings("valid", (5, 5), (3, 3), (1, 1), (1, 1)) == ((0, 0), (0, 0))
    assert paddings("same", (5, 6), (3, 2), (1, 1), (1, 1)) == ((1, 1), (0, 1))
    assert paddings(((1, 2), (0, 3)), (5, 5), (3, 3), (1, 1), (1, 1)) == ((1, 2), (0, 3))


@given(st.lists(st.integers(1, 50), max_size=4).map(tuple))
def test_a_product_is_its_number_and_writes_its_factors(shape):
    product = Product.of(shape)
    assert product == prod(shape)
    assert eval(format_factors(product)) == product
    assert eval(format_factors(Product.of((product, 3)))) == 3 * product


def test_factors_of_a_flattened_image():
    assert format_factors(Product.of((28, 28))) == "28*28"
    assert format_factors(784) == "784"


def test_shapes_are_shown_without_pythons_comma():
    assert [format_shape(()), format_shape((784,)), format_shape((26, 26, 32))] == [
        "()",
        "(784)",
        "(26, 26, 32)",
    ]


@pytest.mark.parametrize(
    ("shape", "hint"),
    [
        ((28, 28), "it lacks the channel axis; reshape it to (28, 28, 1) first"),
        ((784,), "reshape it to (height, width, channels) first"),
        ((2, 3, 4, 5), "reshape it to (height, width, channels) first"),
    ],
)
def test_what_is_no_image_is_told_how_to_become_one(shape, hint):
    with pytest.raises(ShapeError) as caught:
        image_shape(shape, "conv2d")
    assert (
        caught.value.message
        == f"conv2d needs (height, width, channels) and gets {format_shape(shape)}"
    )
    assert caught.value.hint == hint
