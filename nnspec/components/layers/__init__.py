"""The layers: one final class per kind, each with its fields, shape rule, weights and FLOPs.

`MODULES` says which module holds which kind; a module is imported when its kind is first used.
"""

from __future__ import annotations

MODULES = {
    "activation": "activations",
    "average_pooling2d": "pooling",
    "batch_normalization": "normalization",
    "conv2d": "convolution",
    "dense": "dense",
    "dropout": "regularization",
    "flatten": "reshaping",
    "gaussian_noise": "regularization",
    "heaviside": "activations",
    "leaky_relu": "activations",
    "linear": "activations",
    "max_pooling2d": "pooling",
    "prelu": "activations",
    "relu": "activations",
    "reshape": "reshaping",
    "sigmoid": "activations",
    "softmax": "activations",
    "spatial_dropout2d": "regularization",
    "tanh": "activations",
}
