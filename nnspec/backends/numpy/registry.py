"""Which function prepares the layer, loss, metric, optimizer or fast kernel of each kind."""

from __future__ import annotations

from typing import Any

from nnspec.backends import rule_modules
from nnspec.backends.rules import BackendRules
from nnspec.options.rules import Rules

LAYERS: Rules[Any] = Rules(
    "numpy", "layer", "nnspec.backends.numpy.reference", {
        **rule_modules.LAYERS,
        "linear": "reshaping:identity",
    },
)  # fmt: skip
LOSSES: Rules[Any] = Rules("numpy", "loss", "nnspec.backends.numpy.losses", rule_modules.LOSSES)
LOSSES_FROM_LOGITS: Rules[Any] = Rules(
    "numpy",
    "loss_from_logits",
    "nnspec.backends.numpy.losses",
    rule_modules.LOSSES_FROM_LOGITS,
)
METRICS: Rules[Any] = Rules("numpy", "metric", "nnspec.backends.numpy", rule_modules.METRICS)
OPTIMIZERS: Rules[Any] = Rules(
    "numpy", "optimizer", "nnspec.backends.numpy.optimizers", rule_modules.OPTIMIZERS
)
KERNELS: Rules[Any] = Rules(  # of the fast engine, which falls back to the rules of layers
    "numpy", "kernel", "nnspec.backends.numpy.fast", {
        "add": "dispatch",
        "average_pooling1d": "dispatch",
        "average_pooling2d": "dispatch",
        "batch_normalization": "dispatch",
        "concatenate": "kernels.merging",
        "conv1d": "dispatch",
        "conv1d_transpose": "kernels.sequences",
        "conv2d": "dispatch",
        "conv2d_transpose": "kernels.conv_transposed:conv_transposed",
        "conv_max_pool2d": "kernels.conv_max_pool:conv_max_pool",
        "dense": "dispatch",
        "depthwise_conv1d": "kernels.sequences",
        "depthwise_conv2d": "kernels.conv_depthwise:conv_depthwise",
        "dropout": "kernels.regularization:noise",
        "embedding": "kernels.embedding",
        "flatten": "kernels.reshaping:reshape",
        "gaussian_noise": "kernels.regularization:noise",
        "gelu": "kernels.gelu",
        "global_average_pooling1d": "kernels.global_pooling:global_average_pooling",
        "global_average_pooling2d": "kernels.global_pooling:global_average_pooling",
        "group_normalization": "dispatch",
        "layer_normalization": "dispatch",
        "leaky_relu": "dispatch",
        "linear": "kernels.reshaping:identity",
        "max_pooling1d": "dispatch",
        "max_pooling2d": "dispatch",
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
        "up_sampling1d": "kernels.sequences",
        "up_sampling2d": "kernels.up_sampling",
    },
)  # fmt: skip

RULES = BackendRules(LAYERS, LOSSES, LOSSES_FROM_LOGITS, METRICS, OPTIMIZERS)
