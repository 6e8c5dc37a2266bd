"""The layers: one final class per kind, each with its fields, shape rule, weights and FLOPs.

`MODULES` says which module holds which kind; a module is imported when its kind is first used.
"""

from __future__ import annotations

MODULES = {
    "activation": "core",
    "average_pooling2d": "pool",
    "batch_normalization": "norm",
    "conv2d": "conv",
    "dense": "core",
    "dropout": "noise",
    "flatten": "reshape",
    "gaussian_noise": "noise",
    "heaviside": "activation",
    "leaky_relu": "activation",
    "linear": "activation",
    "max_pooling2d": "pool",
    "prelu": "activation",
    "relu": "activation",
    "reshape": "reshape",
    "sigmoid": "activation",
    "softmax": "activation",
    "spatial_dropout2d": "noise",
    "tanh": "activation",
}
