"""Which function builds the torch module, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "torch", "layer", "nnspec.backends.torch.layers", {
        "add": "merging",
        "average": "merging",
        "average_pooling2d": "pooling",
        "batch_normalization": "normalization",
        "concatenate": "merging",
        "conv2d": "convolution",
        "dense": "dense",
        "dot": "merging",
        "dropout": "regularization",
        "embedding": "embedding",
        "flatten": "reshaping:reshape",
        "gaussian_noise": "regularization",
        "gelu": "activations",
        "global_average_pooling2d": "pooling",
        "global_max_pooling2d": "pooling",
        "heaviside": "activations",
        "layer_normalization": "normalization",
        "leaky_relu": "activations",
        "linear": "activations",
        "max_pooling2d": "pooling",
        "maximum": "merging",
        "minimum": "merging",
        "multiply": "merging",
        "permute": "reshaping",
        "prelu": "activations",
        "relu": "activations",
        "reshape": "reshaping",
        "sigmoid": "activations",
        "silu": "activations",
        "softmax": "activations",
        "spatial_dropout2d": "regularization:dropout",
        "subtract": "merging",
        "tanh": "activations",
        "zero_padding2d": "reshaping",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules(
    "torch", "loss", "nnspec.backends.torch", {
        "binary_crossentropy": "losses",
        "categorical_crossentropy": "losses",
        "half_squared_error": "losses",
        "mean_squared_error": "losses",
        "sparse_categorical_crossentropy": "losses",
    },
)  # fmt: skip
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "torch", "loss_from_logits", "nnspec.backends.torch", {
        "binary_crossentropy": "losses:binary_crossentropy_with_sigmoid",
        "categorical_crossentropy": "losses:categorical_crossentropy_with_softmax",
        "sparse_categorical_crossentropy": "losses:sparse_categorical_crossentropy_with_softmax",
    },
)  # fmt: skip
METRICS: Rules[Any] = Rules("torch", "metric", "nnspec.backends.torch", {
    "accuracy": "metrics",
    "binary_accuracy": "metrics",
})  # fmt: skip
OPTIMIZERS: Rules[Any] = Rules(
    "torch", "optimizer", "nnspec.backends.torch.optimizers", {
        "adadelta": "adagrad",
        "adagrad": "adagrad",
        "adam": "adam",
        "adamax": "adam",
        "adamw": "adam:adam",
        "ftrl": "ftrl",
        "lamb": "adam",
        "lion": "lion",
        "nadam": "adam",
        "rmsprop": "rmsprop",
        "sgd": "sgd",
    },
)  # fmt: skip

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
