"""Networks that are no chain, as plain values of a spec."""

from __future__ import annotations

from typing import Any


def _convolution(filters: int, strides: int = 1) -> list[Any]:
    options = {"filters": filters, "kernel_size": 3, "strides": strides, "padding": "same"}
    return [{"conv2d": {**options, "use_bias": False}}, "batch_normalization"]


RESNET = {
    "network": {
        "input_shape": [6, 7, 2],
        "layers": [
            *_convolution(3), "relu",
            {"residual": {"layers": [*_convolution(3), "relu", *_convolution(3)]}}, "relu",
            {"residual": {
                "layers": [*_convolution(4, 2), "relu", *_convolution(4)],
                "shortcut": [{"conv2d": {"filters": 4, "kernel_size": 1, "strides": 2}}],
            }},
            "relu", "global_average_pooling2d", {"dense": {"units": 3, "activation": "softmax"}},
        ],
    },
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
}  # fmt: skip
TWO_OUTPUTS = {
    "network": {
        "inputs": {
            "image": {"shape": [4, 4, 1]}, "words": {"shape": [3], "dtype": "int32"},
        },
        "layers": [
            {"sequential": {"name": "vision", "inputs": "image", "layers": [
                {"conv2d": {"filters": 2, "kernel_size": 2, "activation": "relu"}},
                {"max_pooling2d": 2}, "flatten",
            ]}},
            {"embedding": {"name": "tokens", "inputs": "words", "input_dim": 4, "output_dim": 3}},
            "flatten",
            {"concatenate": {"name": "both", "inputs": ["vision", "flatten"]}},
            {"dropout": 0.2},
            {"dense": {"name": "trunk", "units": 5, "activation": "gelu",
                       "kernel_regularizer": {"l2": 0.01}}},
            {"dense": {"name": "price", "units": 1}},
            {"dense": {"name": "kind", "units": 3, "activation": "softmax", "inputs": "trunk"}},
        ],
        "outputs": ["price", "kind"],
    },
    "loss": {"price": "mean_squared_error", "kind": "sparse_categorical_crossentropy"},
    "loss_weights": {"price": 0.3},
    "metrics": {"price": ["half_squared_error"], "kind": ["accuracy"]},
}  # fmt: skip
SIAMESE = {
    "network": {
        "inputs": {"first": {"shape": [5]}, "second": {"shape": [5]}},
        "layers": [
            {"sequential": {"name": "encoder", "inputs": "first", "layers": [
                {"dense": {"units": 4, "activation": "tanh", "kernel_regularizer": {"l2": 0.1}}},
                {"dropout": 0.3}, "batch_normalization", {"dense": 3},
            ]}},
            {"shared": {"name": "again", "layer": "encoder", "inputs": "second"}},
            {"dot": {"inputs": ["encoder", "again"], "normalize": True}},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
GATES = {
    "network": {
        "input_shape": [4],
        "layers": [
            {"dense": {"name": "gate", "units": 3, "activation": "sigmoid"}},
            {"dense": {"name": "candidate", "units": 3, "activation": "tanh", "inputs": "input"}},
            {"multiply": {"name": "open", "inputs": ["gate", "candidate"]}},
            {"dense": {"name": "bypass", "units": 3, "inputs": "input"}},
            {"add": {"inputs": ["open", "bypass"]}}, "silu", "layer_normalization", {"dense": 2},
        ],
    },
    "loss": "half_squared_error",
}  # fmt: skip
THREE_READERS = {
    "network": {
        "input_shape": [4],
        "layers": [
            {"dense": {"name": "trunk", "units": 3}},
            {"relu": {"name": "left"}},
            {"dense": {"name": "middle", "units": 3, "activation": "tanh", "inputs": "trunk"}},
            {"dense": {"name": "rewired", "units": 3, "inputs": "input"}},
            {"maximum": {"name": "most", "inputs": ["trunk", "left", "middle", "rewired"]}},
            {"average": {"inputs": ["most", "trunk", "trunk"]}},
            {"subtract": {"inputs": ["average", "middle"]}},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
SHARED_STATISTICS = {
    "network": {
        "inputs": {"large": {"shape": [7, 6, 2]}, "small": {"shape": [4, 3, 2]}},
        "layers": [
            {"conv2d": {"name": "deep", "filters": 2, "kernel_size": 1, "inputs": "small"}},
            {"conv2d": {"filters": 2, "kernel_size": 1}},
            {"conv2d": {"name": "conv", "filters": 3, "kernel_size": 3, "strides": 2,
                        "padding": "same", "use_bias": False}},
            {"batch_normalization": {"name": "norm", "momentum": 0.6}},
            {"global_max_pooling2d": {"name": "a"}},
            {"shared": {"name": "conv_again", "layer": "conv", "inputs": "large"}},
            {"shared": {"name": "norm_again", "layer": "norm", "inputs": "conv_again"}},
            {"global_max_pooling2d": {"name": "b"}},
            {"concatenate": {"inputs": ["a", "b"]}}, {"dense": 2},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
NETWORKS: dict[str, Any] = {
    "resnet": RESNET,
    "two inputs and two outputs": TWO_OUTPUTS,
    "siamese": SIAMESE,
    "gates": GATES,
    "three readers": THREE_READERS,
    "shared statistics": SHARED_STATISTICS,
}
DOTS = [
    ([2, 3, 4], [5, 4], [3, 2]), ([4, 2, 3], [4], [1, 1]), ([3], [2, 3, 4], [1, 2]),
    ([2, 5], [5, 2], [-1, -2]),
]  # fmt: skip


def dot_of(x: list[int], z: list[int], axes: list[int], **options: Any) -> Any:
    """A network with a dot of two values that have weights before them."""
    layers = [
        {"prelu": {"name": f"p{name}", "inputs": name, "alpha_initializer": "ones"}}
        for name in ("x", "z")
    ]
    inputs = {"x": {"shape": x}, "z": {"shape": z}}
    merged = {"dot": {"inputs": ["px", "pz"], "axes": axes, **options}}
    return {
        "network": {"inputs": inputs, "layers": [*layers, merged]}, "loss": "half_squared_error",
    }  # fmt: skip


SHARED_BY_RANKS = {
    "network": {
        "inputs": {"x": {"shape": [3]}, "z": {"shape": [3, 2]}},
        "layers": [
            {"layer_normalization": {"name": "norm", "axis": 1, "inputs": "x"}},
            {"shared": {"name": "again", "layer": "norm", "inputs": "z"}},
            {"dot": {"inputs": ["norm", "again"], "axes": [1, 1]}},
        ],
    },
    "loss": "half_squared_error",
}
