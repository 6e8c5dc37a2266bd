"""Which function builds the Keras layer, loss, metric or optimizer of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "keras", "layer", "nnspec.backends.keras.layers", {
        "add": "merging",
        "alpha_dropout": "regularization",
        "average": "merging",
        "average_pooling2d": "pooling",
        "batch_normalization": "normalization",
        "celu": "smooth_activations",
        "concatenate": "merging",
        "conv2d": "convolution",
        "dense": "dense",
        "dot": "merging",
        "dropout": "regularization",
        "elu": "smooth_activations",
        "embedding": "embedding",
        "exponential": "smooth_activations",
        "flatten": "reshaping",
        "gaussian_dropout": "regularization",
        "gaussian_noise": "regularization",
        "gelu": "activations",
        "global_average_pooling2d": "pooling",
        "global_max_pooling2d": "pooling",
        "glu": "axis_activations",
        "group_normalization": "normalization",
        "hard_shrink": "piecewise_activations",
        "hard_sigmoid": "piecewise_activations",
        "hard_silu": "piecewise_activations",
        "hard_tanh": "piecewise_activations",
        "heaviside": "activations",
        "layer_normalization": "normalization",
        "layer_scale": "scaling",
        "leaky_relu": "activations",
        "linear": "activations:smooth_activation",
        "local_response_normalization": "scale_normalization",
        "log_sigmoid": "smooth_activations",
        "log_softmax": "axis_activations",
        "max_pooling2d": "pooling",
        "maximum": "merging",
        "minimum": "merging",
        "mish": "smooth_activations",
        "multiply": "merging",
        "permute": "reshaping",
        "prelu": "activations",
        "relu": "activations",
        "relu6": "piecewise_activations",
        "repeat_vector": "reshaping",
        "rescaling": "scaling",
        "reshape": "reshaping",
        "rms_normalization": "scale_normalization",
        "selu": "smooth_activations",
        "sigmoid": "activations:smooth_activation",
        "silu": "activations:smooth_activation",
        "soft_shrink": "piecewise_activations",
        "softmax": "activations",
        "softplus": "smooth_activations",
        "softsign": "smooth_activations",
        "sparse_plus": "piecewise_activations",
        "sparse_sigmoid": "piecewise_activations",
        "spatial_dropout1d": "regularization:dropout",
        "spatial_dropout2d": "regularization:dropout",
        "spatial_dropout3d": "regularization:dropout",
        "squareplus": "smooth_activations",
        "stochastic_depth": "regularization:dropout",
        "subtract": "merging",
        "tanh": "activations:smooth_activation",
        "tanh_shrink": "smooth_activations",
        "threshold": "piecewise_activations",
        "unit_normalization": "scale_normalization",
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
    "keras", "optimizer", "nnspec.backends.keras", {
        "adam": "optimizers",
        "adamw": "optimizers:adam",
        "rmsprop": "optimizers",
        "sgd": "optimizers",
    },
)  # fmt: skip

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
