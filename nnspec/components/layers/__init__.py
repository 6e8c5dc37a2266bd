"""The layers: one final class per kind, each with its fields, shape rule, weights and FLOPs.

`MODULES` says which module holds which kind; a module is imported when its kind is first used.
"""

from __future__ import annotations

MODULES = {
    "activation": "activations",
    "add": "merging",
    "average": "merging",
    "average_pooling2d": "pooling",
    "batch_normalization": "normalization",
    "branches": "groups",
    "concatenate": "merging",
    "conv2d": "convolution",
    "dense": "dense",
    "dot": "merging",
    "dropout": "regularization",
    "embedding": "embedding",
    "flatten": "reshaping",
    "gaussian_noise": "regularization",
    "gelu": "activations",
    "global_average_pooling2d": "global_pooling",
    "global_max_pooling2d": "global_pooling",
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
    "residual": "groups",
    "sequential": "groups",
    "shared": "groups",
    "sigmoid": "activations",
    "silu": "activations",
    "softmax": "activations",
    "spatial_dropout2d": "regularization",
    "subtract": "merging",
    "tanh": "activations",
    "zero_padding2d": "padding",
}
