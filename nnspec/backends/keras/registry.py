"""Which function builds the Keras layer, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "keras", "layer", "nnspec.backends.keras.layers", {
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
        "flatten": "reshaping",
        "gaussian_noise": "regularization",
        "gelu": "activations",
        "global_average_pooling2d": "pooling",
        "global_max_pooling2d": "pooling",
        "heaviside": "activations",
        "layer_normalization": "normalization",
        "leaky_relu": "activations",
        "linear": "activations:smooth_activation",
        "max_pooling2d": "pooling",
        "maximum": "merging",
        "minimum": "merging",
        "multiply": "merging",
        "permute": "reshaping",
        "prelu": "activations",
        "relu": "activations",
        "reshape": "reshaping",
        "sigmoid": "activations:smooth_activation",
        "silu": "activations:smooth_activation",
        "softmax": "activations",
        "spatial_dropout2d": "regularization:dropout",
        "subtract": "merging",
        "tanh": "activations:smooth_activation",
        "zero_padding2d": "reshaping",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules(
    "keras", "loss", "nnspec.backends.keras", {
        "binary_crossentropy": "losses",
        "categorical_crossentropy": "losses",
        "half_squared_error": "losses",
        "mean_squared_error": "losses",
        "sparse_categorical_crossentropy": "losses",
    },
)  # fmt: skip
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "keras", "loss_from_logits", "nnspec.backends.keras", {
        "binary_crossentropy": "losses:binary_crossentropy_with_sigmoid",
        "categorical_crossentropy": "losses:categorical_crossentropy_with_softmax",
        "sparse_categorical_crossentropy": "losses:sparse_categorical_crossentropy_with_softmax",
    },
)  # fmt: skip
METRICS: Rules[Any] = Rules("keras", "metric", "nnspec.backends.keras", {
    "accuracy": "metrics",
    "binary_accuracy": "metrics",
})  # fmt: skip
OPTIMIZERS: Rules[Any] = Rules(
    "keras", "optimizer", "nnspec.backends.keras.optimizers", {
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
