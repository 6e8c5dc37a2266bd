"""The rule of batch normalization."""

from __future__ import annotations

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.normalization import BatchNormalization


def batch_normalization(
    layer: BatchNormalization, context: RuleContext
) -> tuple[Forward, Backward]:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps); statistics over all axes but the last.

    In training, of the batch, with dx = gamma / sqrt(var + eps) (dy - mean dy - n mean(dy n));
    otherwise the running statistics, with dx = gamma / sqrt(var + eps) dy.
    """
    return _training_rule(layer, context) if context.training else _inference_rule(layer, context)


def _training_rule(layer: BatchNormalization, context: RuleContext) -> tuple[Forward, Backward]:
    axes = tuple(range(len(context.shape)))
    normalized, y, scratch = (context.empty(context.shape) for _ in range(3))
    deviation = np.empty(context.shape[-1], context.dtype)
    affine = _Affine(layer, context)

    def forward(x: Array) -> Array:
        mean = x.mean(axis=axes)
        np.subtract(x, mean, out=normalized)
        np.multiply(normalized, normalized, out=scratch)
        variance = scratch.mean(axis=axes)
        _update_running(context.weight("moving_mean"), mean, layer.momentum)
        _update_running(context.weight("moving_variance"), variance, layer.momentum)
        np.sqrt(variance + layer.epsilon, out=deviation)
        np.divide(normalized, deviation, out=normalized)
        return affine.apply(normalized, y)

    def backward(dy: Array) -> Array:
        np.multiply(dy, normalized, out=scratch)
        affine.write_gradients(dy.sum(axis=axes), scratch.sum(axis=axes))
        np.multiply(normalized, scratch.mean(axis=axes), out=scratch)
        np.subtract(dy, dy.mean(axis=axes), out=dy)
        np.subtract(dy, scratch, out=dy)
        return np.multiply(dy, affine.gamma / deviation, out=dy)

    return forward, backward


def _inference_rule(layer: BatchNormalization, context: RuleContext) -> tuple[Forward, Backward]:
    y, affine = context.empty(context.shape), _Affine(layer, context)
    mean, variance = context.weight("moving_mean"), context.weight("moving_variance")

    def forward(x: Array) -> Array:
        np.subtract(x, mean, out=y)
        np.divide(y, np.sqrt(variance + layer.epsilon), out=y)
        return affine.apply(y, y)

    def backward(dy: Array) -> Array:
        return np.multiply(dy, affine.gamma / np.sqrt(variance + layer.epsilon), out=dy)

    return forward, backward


class _Affine:
    """The affine map gamma n + beta, with gamma = 1 and beta = 0 where the layer has none."""

    def __init__(self, layer: BatchNormalization, context: RuleContext) -> None:
        self.layer, self.context = layer, context
        channels = context.shape[-1]
        self.gamma = context.weight("gamma") if layer.scale else np.ones(channels, context.dtype)
        self.beta = context.weight("beta") if layer.center else np.zeros(channels, context.dtype)

    def apply(self, normalized: Array, out: Array) -> Array:
        np.multiply(normalized, self.gamma, out=out)
        return np.add(out, self.beta, out=out)

    def write_gradients(self, beta: Array, gamma: Array) -> None:
        if self.layer.center:
            self.context.gradient("beta")[...] = beta
        if self.layer.scale:
            self.context.gradient("gamma")[...] = gamma


def _update_running(running: Array, value: Array, momentum: float) -> None:
    """running <- momentum running + (1 - momentum) value."""
    running *= momentum
    running += value * (1 - momentum)
