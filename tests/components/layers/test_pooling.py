from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nnspec.components.layers.adaptive_pooling import bins
from nnspec.errors import ShapeError
from nnspec.options.validation import read_component

POOLS = ["max_pooling2d", "average_pooling2d"]
pairs = st.lists(st.integers(1, 4), min_size=2, max_size=2)
images = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(1, 3))


def starts(size, pool, stride):
    """Where a window can start on an axis without leaving it."""
    return [start for start in range(0, size, stride) if start + pool <= size]


@pytest.mark.parametrize("kind", POOLS)
@given(images, pairs, pairs)
def test_every_window_that_fits_gives_an_output(kind, x, pool, strides):
    layer = read_component("layer", {kind: {"pool_size": pool, "strides": strides}})
    counts = [len(starts(*axis)) for axis in zip(x, pool, strides, strict=False)]
    assume(all(counts))
    assert layer.output_shape(x) == (*counts, x[2])
    assert layer.flops(x) == counts[0] * counts[1] * x[2] * pool[0] * pool[1]


@pytest.mark.parametrize("kind", POOLS)
@given(images, pairs, pairs)
def test_same_covers_the_image_and_no_window_is_all_padding(kind, x, pool, strides):
    layer = read_component(
        "layer", {kind: {"pool_size": pool, "strides": strides, "padding": "same"}}
    )
    resolved = layer.bind(x)
    assert layer.output_shape(x) == (-(-x[0] // strides[0]), -(-x[1] // strides[1]), x[2])
    assert resolved.output_shape(x) == layer.output_shape(x)
    axes = zip(x, pool, strides, resolved.padding, layer.output_shape(x), strict=False)
    for size, k, stride, (before, _), count in axes:
        for window in range(count):
            taps = range(window * stride - before, window * stride - before + k)
            assert any(0 <= tap < size for tap in taps)


@pytest.mark.parametrize("kind", POOLS)
def test_strides_are_the_pool_size_unless_given(kind):
    assert read_component("layer", kind).output_shape((7, 6, 2)) == (3, 3, 2)
    assert read_component("layer", {kind: 3}).output_shape((7, 6, 2)) == (2, 2, 2)
    assert read_component("layer", {kind: {"pool_size": 3, "strides": 1}}).output_shape(
        (7, 6, 2)
    ) == (
        5,
        4,
        2,
    )
    assert read_component("layer", {kind: [3, 2]}).bind((7, 6, 2)).strides == (3, 2)


@pytest.mark.parametrize("kind", POOLS)
def test_padding_as_wide_as_the_window_is_refused(kind):
    layer = read_component("layer", {kind: {"pool_size": 2, "padding": [[0, 2], [0, 0]]}})
    with pytest.raises(ShapeError, match=r"must be smaller than \(2, 2\)"):
        layer.output_shape((5, 5, 1))


@pytest.mark.parametrize("kind", POOLS)
def test_windows_may_have_holes(kind):
    """As of torch.nn.MaxPool2d with the same sizes."""
    options = {"pool_size": [3, 2], "strides": [1, 3], "dilation_rate": [2, 4]}
    assert read_component("layer", {kind: options}).output_shape((9, 12, 1)) == (5, 3, 1)
    padded = read_component("layer", {kind: {**options, "padding": [[4, 0], [0, 4]]}})
    assert padded.output_shape((9, 12, 1)) == (9, 4, 1)
    with pytest.raises(ShapeError, match=r"must be smaller than \(5, 5\)"):
        read_component("layer", {kind: {**options, "padding": 5}}).output_shape((9, 12, 1))
    with pytest.raises(ShapeError, match="the holes of a window skip the image"):
        read_component("layer", {kind: {**options, "padding": [[3, 3], [0, 0]]}}).output_shape(
            (1, 12, 1)
        )


@pytest.mark.parametrize("kind", POOLS)
def test_a_row_that_is_no_image_is_refused(kind):
    with pytest.raises(ShapeError, match=rf"{kind} needs \(height, width, channels\)"):
        read_component("layer", kind).output_shape((28, 28))


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("kind", ["average", "max"])
def test_an_adaptive_pooling_gives_the_size_that_is_asked_for(kind, rank):
    layer = read_component("layer", {f"adaptive_{kind}_pooling{rank}d": 3})
    assert layer.output_shape((*(5, 8, 2)[:rank], 4)) == (*(3,) * rank, 4)


def test_the_bins_of_an_adaptive_pooling_cover_the_axis_and_may_overlap():
    assert bins(6, 3) == [(0, 2), (2, 4), (4, 6)]
    assert bins(7, 3) == [(0, 3), (2, 5), (4, 7)]  # as of torch.nn.AdaptiveAvgPool1d
    assert bins(2, 3) == [(0, 1), (0, 2), (1, 2)]
    layer = read_component("layer", {"adaptive_max_pooling2d": [3, 1]})
    assert layer.flops((7, 5, 2)) == 9 * 5 * 2
