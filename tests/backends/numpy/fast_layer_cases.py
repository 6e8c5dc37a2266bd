"""Layers on inputs of many shapes, for tests of the fast engine."""

from __future__ import annotations

from typing import Any

from tests.backends.numpy.fast_engine import SLOPE, assert_engines_agree
from tests.networks import graph_of

LAYER_CASES: dict[str, tuple[list[Any], tuple[int, ...]]] = {
    "3x3": ([{"conv2d": {"filters": 3, "kernel_size": 3}}], (7, 6, 9)),
    "3x3 same": ([{"conv2d": {"filters": 9, "kernel_size": 3, "padding": "same"}}], (6, 7, 8)),
    "3x3 asymmetric": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "padding": [[2, 0], [1, 3]]}}], (8, 11, 8),
    ),
    "3x3 larger than its tiles": (
        [
            {"conv2d": {"filters": 5, "kernel_size": 3, "padding": [[0, 4], [5, 0]]}},
            {"average_pooling2d": {"pool_size": 2, "strides": 15}},
        ],
        (24, 4, 8),
    ),
    "3x3 wide": ([{"conv2d": {"filters": 8, "kernel_size": 3, "padding": "same"}}], (13, 17, 16)),
    "1x1": ([{"conv2d": {"filters": 5, "kernel_size": 1}}], (5, 4, 8)),
    "strided": ([{"conv2d": {"filters": 4, "kernel_size": 3, "strides": 2}}], (9, 8, 3)),
    "strided same": (
        [{"conv2d": {"filters": 4, "kernel_size": [5, 2], "strides": [3, 2], "padding": "same"}}],
        (10, 7, 9),
    ),
    "skipping": ([{"conv2d": {"filters": 2, "kernel_size": 1, "strides": 3}}], (8, 7, 9)),
    "dilated": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "dilation_rate": [2, 1]}}], (9, 7, 8),
    ),
    "grouped": ([{"conv2d": {"filters": 6, "kernel_size": 3, "groups": 3}}], (7, 6, 9)),
    "depthwise": (
        [{"conv2d": {"filters": 4, "kernel_size": 3, "groups": 4, "padding": "same"}}], (7, 6, 4),
    ),
    "depthwise strided": (
        [{"conv2d": {"filters": 6, "kernel_size": 3, "groups": 3, "strides": 2}}], (9, 8, 3),
    ),
    "tiled": ([{"conv2d": {"filters": 4, "kernel_size": 2, "strides": 2}}], (6, 8, 3)),
    "depthwise tiled": (
        [{"conv2d": {"filters": 3, "kernel_size": 2, "strides": 2, "groups": 3}}], (6, 8, 3),
    ),
    "no bias": ([{"conv2d": {"filters": 8, "kernel_size": 3, "use_bias": False}}], (5, 5, 8)),
    "cropped by pooling": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}, {"max_pooling2d": 2}],
        (9, 7, 8),
    ),
    "few channels": (
        [{"conv2d": {"filters": 8, "kernel_size": 3, "activation": "relu"}}, {"max_pooling2d": 2}],
        (9, 12, 1),
    ),
    "max pooling": ([{"max_pooling2d": 2}], (7, 6, 3)),
    "max pooling overlapping": ([{"max_pooling2d": {"pool_size": 3, "strides": 2}}], (8, 9, 3)),
    "max pooling with gaps": ([{"max_pooling2d": {"pool_size": 2, "strides": 3}}], (8, 9, 3)),
    "max pooling same": (
        [{"max_pooling2d": {"pool_size": [3, 2], "strides": 2, "padding": "same"}}], (7, 6, 3),
    ),
    "average pooling": ([{"average_pooling2d": 2}], (7, 6, 3)),
    "average pooling same": (
        [{"average_pooling2d": {"pool_size": 3, "strides": 2, "padding": "same"}}], (7, 6, 3),
    ),
    "dense": ([{"dense": {"units": 7, "activation": "relu"}}, {"dense": 3}], (5,)),
    "dense over images": ([{"reshape": [2, 3, 2]}, "flatten", {"dense": 3}], (12,)),
    "reshaped": ([{"reshape": [4, 3]}, {"reshape": [3, 4]}, "flatten", {"dense": 2}], (12,)),
    "images reshaped": (
        [{"reshape": [3, 2, 8]}, {"conv2d": {"filters": 2, "kernel_size": 2}}], (4, 6, 2),
    ),
    "normalized images": (["batch_normalization", "relu", "batch_normalization"], (4, 3, 5)),
    "normalized vectors": ([{"dense": 4}, "batch_normalization", "sigmoid"], (6,)),
    "normalized groups": (
        [
            {"conv2d": {"filters": 6, "kernel_size": 1}}, {"group_normalization": 2}, "tanh",
            {"group_normalization": {"groups": 3, "center": False}},
            {"group_normalization": {"groups": -1, "scale": False}}, "relu",
        ],
        (4, 3, 5),
    ),
    "normalized groups of a sequence": (
        [{"conv1d": {"filters": 6, "kernel_size": 2}}, {"group_normalization": 3}], (4, 5),
    ),
    "enlarged": (
        [{"up_sampling2d": 2}, {"up_sampling2d": {"size": [3, 2], "interpolation": "bilinear"}}],
        (3, 4, 2),
    ),
    "dropout": ([{"dropout": 0.5}, {"conv2d": {"filters": 2, "kernel_size": 2}}], (4, 3, 3)),
    "spatial dropout": ([{"spatial_dropout2d": 0.5}, SLOPE], (4, 3, 3)),
    "noisy": ([{"gaussian_noise": 0.1}, {"dense": 2}, {"gaussian_noise": 0.2}], (4,)),
    "noisy images": ([{"gaussian_noise": 0.1}, "tanh"], (4, 3, 2)),
    "activations": (
        [{"dense": 4}, "sigmoid", "relu", "tanh", {"leaky_relu": 0.3}, "softmax"], (5,),
    ),
    "activations of images": (
        ["relu", SLOPE, {"softmax": 1}, {"leaky_relu": 0.3}, "softmax"], (3, 4, 5),
    ),
    "leaky": ([{"dense": 4}, {"leaky_relu": 1.7}, {"dense": 3}, {"leaky_relu": 0.0}], (5,)),
    "identity": (["linear"], (3,)),
    "softmax alone": (["softmax"], (3,)),
}  # fmt: skip


def check_layers(name: str, rows: int) -> None:
    """Compare the engines on a case, whose input needs a gradient where that is possible."""
    layers, shape = LAYER_CASES[name]
    layers = [SLOPE, *layers] if "noisy" not in name and name != "softmax alone" else layers
    assert_engines_agree(graph_of(layers, shape), rows)
