"""Layouts of values in the fast engine, and the axes of their blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.fast.blocks import BlockedTensor, Blocks, Layout
from nnspec.backends.numpy.fast.layouts import value_layouts
from nnspec.backends.numpy.fast.memory import KeptMemory
from tests.backends.numpy.fast_engine import assert_engines_agree
from tests.networks import graph_of

CONV = {"conv2d": {"filters": 2, "kernel_size": 1, "name": "conv"}}


def layouts_of(layers: list[Any]) -> dict[str, Layout]:
    return value_layouts(graph_of(layers, (4, 3, 2)))


def test_three_axes_are_no_image_by_themselves():
    layouts = layouts_of([{"dense": 5}, "tanh", "layer_normalization", {"permute": [2, 1, 3]}])
    assert set(layouts.values()) == {Layout.ROWS_FIRST}


def test_what_a_convolution_is_connected_with_is_an_image():
    layouts = layouts_of([{"dense": 5}, "tanh", CONV, "sigmoid", "batch_normalization", "flatten"])
    assert [layout.name for layout in layouts.values()] == ["IMAGES"] * 6 + ["ROWS_FIRST"]


def test_what_a_convolution_over_steps_is_connected_with_is_a_sequence():
    graph = graph_of([{"conv1d": {"filters": 2, "kernel_size": 1}}, "tanh", {"dense": 5}], (4, 3))
    assert set(value_layouts(graph).values()) == {Layout.SEQUENCES}
    assert set(value_layouts(graph_of(["tanh", {"dense": 5}], (4, 3))).values()) == {
        Layout.ROWS_FIRST
    }


def test_values_of_a_sequence_and_of_images_have_layouts_of_their_own():
    layouts = layouts_of([CONV, {"reshape": [12, 2]}, {"max_pooling1d": 2}, "flatten"])
    assert layouts["reshape"] is layouts["max_pooling1d"] is Layout.SEQUENCES
    assert layouts["conv"] is Layout.IMAGES


def test_a_reshape_is_between_layouts():
    layouts = layouts_of([CONV, {"reshape": [2, 2, 6]}, "tanh"])
    assert layouts["conv"] is Layout.IMAGES
    assert {layouts["reshape"], layouts["tanh"]} == {Layout.ROWS_FIRST}


@pytest.mark.parametrize("layout", Layout)
def test_axes_gather_and_scatter(layout):
    shape = (4, 3) if layout is Layout.SEQUENCES else (5, 4, 3)
    blocks = Blocks.split(5, 2, np.dtype(np.float64), KeptMemory())
    values = blocks.buffers(shape, layout)
    x = BlockedTensor(shape, layout, values, values, overwritable=False)
    rows = np.random.default_rng(0).normal(size=(5, *shape))
    x.scatter(rows, x.values)
    np.testing.assert_array_equal(x.gather(x.values), rows)
    np.testing.assert_array_equal(x.rows_first(values[2]), rows[4:])
    for axis, size in enumerate(shape):
        assert values[0].shape[x.axis(axis - len(shape))] == size
    vectors = np.sort(np.concatenate(x.matrices(x.values)), axis=0)
    np.testing.assert_array_equal(vectors, np.sort(rows.reshape(-1, 3), axis=0))


OVER_STEPS = {"conv1d": {"filters": 6, "kernel_size": 2}}
KEEPDIMS = {"global_average_pooling1d": {"keepdims": True}}
GATE = {"branches": {"merge": "multiply", "paths": [[], [KEEPDIMS, {"dense": 6}, "sigmoid"]]}}
BETWEEN = [
    GATE, {"branches": {"merge": "add", "paths": [[], [OVER_STEPS, {"zero_padding1d": [1, 0]}]]}},
    {"branches": {"merge": {"concatenate": 1}, "paths": [["tanh"], ["sigmoid"]]}},
    {"dropout": 0.3}, {"spatial_dropout1d": 0.3}, {"gaussian_noise": 0.1}, {"softmax": 1},
    {"layer_normalization": {"axis": [1, 2]}}, {"batch_normalization": {"axis": 1}}, "gelu",
    {"dense": 3}, {"permute": [2, 1]}, "layer_scale", {"cropping1d": 1}, {"up_sampling1d": 2},
]  # fmt: skip


def test_any_layer_stands_between_convolutions_over_steps():
    for layer in BETWEEN:
        assert_engines_agree(graph_of([OVER_STEPS, layer, OVER_STEPS], (6, 3)), 7)
