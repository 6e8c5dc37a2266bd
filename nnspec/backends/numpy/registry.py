"""Which function prepares the layer, loss, metric, optimizer or fast kernel of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "numpy", "layer", "nnspec.backends.numpy.reference", {
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
        "flatten": "reshaping:reshape",
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
        "linear": "reshaping:identity",
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
        "sigmoid": "activations",
        "silu": "activations",
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
        "tanh": "activations",
        "tanh_shrink": "smooth_activations",
        "threshold": "piecewise_activations",
        "unit_normalization": "scale_normalization",
        "zero_padding2d": "reshaping",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules(
    "numpy", "loss", "nnspec.backends.numpy", {
        "binary_crossentropy": "losses",
        "categorical_crossentropy": "losses",
        "half_squared_error": "losses",
        "mean_squared_error": "losses",
        "sparse_categorical_crossentropy": "losses",
    },
)  # fmt: skip
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "numpy", "loss_from_logits", "nnspec.backends.numpy", {
        "binary_crossentropy": "losses:binary_crossentropy_with_sigmoid",
        "categorical_crossentropy": "losses:categorical_crossentropy_with_softmax",
        "sparse_categorical_crossentropy": "losses:sparse_categorical_crossentropy_with_softmax",
    },
)  # fmt: skip
METRICS: Rules[Any] = Rules("numpy", "metric", "nnspec.backends.numpy", {
    "accuracy": "metrics",
    "binary_accuracy": "metrics",
})  # fmt: skip
OPTIMIZERS: Rules[Any] = Rules(
    "numpy", "optimizer", "nnspec.backends.numpy", {
        "adam": "optimizers",
        "adamw": "optimizers:adam",
        "rmsprop": "optimizers",
        "sgd": "optimizers",
    },
)  # fmt: skip
KERNELS: Rules[Any] = Rules(  # of the fast engine, which falls back to the rules of layers
    "numpy", "kernel", "nnspec.backends.numpy.fast", {
        "add": "dispatch",
        "average_pooling2d": "kernels.pooling",
        "batch_normalization": "dispatch",
        "concatenate": "kernels.merging",
        "conv2d": "dispatch",
        "conv_max_pool2d": "kernels.conv_max_pool:conv_max_pool",
        "dense": "dispatch",
        "dropout": "kernels.regularization:noise",
        "embedding": "kernels.embedding",
        "flatten": "kernels.reshaping:reshape",
        "gaussian_noise": "kernels.regularization:noise",
        "gelu": "kernels.gelu",
        "global_average_pooling2d": "kernels.global_pooling",
        "layer_normalization": "dispatch",
        "linear": "kernels.reshaping:identity",
        "max_pooling2d": "kernels.pooling",
        "multiply": "dispatch",
        "relu": "dispatch",
        "reshape": "kernels.reshaping",
        "sigmoid": "kernels.activations",
        "silu": "kernels.activations",
        "softmax": "dispatch",
        "spatial_dropout1d": "kernels.regularization:noise",
        "spatial_dropout2d": "kernels.regularization:noise",
        "spatial_dropout3d": "kernels.regularization:noise",
        "stochastic_depth": "kernels.regularization:noise",
        "tanh": "kernels.activations",
    },
)  # fmt: skip

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
