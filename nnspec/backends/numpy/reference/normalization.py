"""The rule for batch normalization."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.normalization import BatchNormalization


def batch_normalization(
    layer: BatchNormalization, context: RuleContext
) -> tuple[Forward, Backward]:
    """y = gamma n + beta with n = (x - mean) / sqrt(var + eps), by the batch or the running ones.

    dx = gamma / sqrt(var + eps) (dy - mean dy - n mean(dy n)).
    """
    return _by_batch(layer, context) if context.training else _by_running(layer, context)


def _by_batch(layer: BatchNormalization, context: RuleContext) -> tuple[Forward, Backward]:
    axes = tuple(range(len(context.shape)))
    normal, y, scratch = (context.like(context.shape) for _ in range(3))
    deviation = np.empty(context.shape[-1], context.dtype)
    affine = _Affine(layer, context)

    def forward(x: Array) -> Array:
        mean = x.mean(axis=axes)
        np.subtract(x, mean, out=normal)
        np.multiply(normal, normal, out=scratch)
        variance = scratch.mean(axis=axes)
        _follow(context.weight("moving_mean"), mean, layer.momentum)
        _follow(context.weight("moving_variance"), variance, layer.momentum)
        np.sqrt(variance + layer.epsilon, out=deviation)
        np.divide(normal, deviation, out=normal)
        return affine.of(normal, y)

    def backward(dy: Array) -> Array:
        np.multiply(dy, normal, out=scratch)
        affine.write_gradients(dy.sum(axis=axes), scratch.sum(axis=axes))
        np.multiply(normal, scratch.mean(axis=axes), out=scratch)
        np.subtract(dy, dy.mean(axis=axes), out=dy)
        np.subtract(dy, scratch, out=dy)
        return np.multiply(dy, affine.gamma / deviation, out=dy)

    return forward, backward


def _by_running(layer: BatchNormalization, context: RuleContext) -> tuple[Forward, Backward]:
    y, affine = context.like(context.shape), _Affine(layer, context)
    mean, variance = context.weight("moving_mean"), context.weight("moving_variance")

    def forward(x: Array) -> Array:
        np.subtract(x, mean, out=y)
        np.divide(y, np.sqrt(variance + layer.epsilon), out=y)
        return affine.of(y, y)

    def backward(dy: Array) -> Array:
        return np.multiply(dy, affine.gamma / np.sqrt(variance + layer.epsilon), out=dy)

    return forward, backward


class _Affine:
    """gamma n + beta; 1 and 0 stand in where the layer has none."""

    def __init__(self, layer: BatchNormalization, context: RuleContext) -> None:
        self.layer, self.context = layer, context
        channels = context.shape[-1]
        self.gamma = context.weight("gamma") if layer.scale else np.ones(channels, context.dtype)
        self.beta = context.weight("beta") if layer.center else np.zeros(channels, context.dtype)

    def of(self, normal: Array, out: Array) -> Array:
        np.multiply(normal, self.gamma, out=out)
        return np.add(out, self.beta, out=out)

    def write_gradients(self, beta: Array, gamma: Array) -> None:
        if self.layer.center:
            self.context.gradient("beta")[...] = beta
        if self.layer.scale:
            self.context.gradient("gamma")[...] = gamma


def _follow(running: Array, value: Array, momentum: float) -> None:
    """running <- momentum running + (1 - momentum) value."""
    running *= momentum
    running += value * (1 - momentum)
