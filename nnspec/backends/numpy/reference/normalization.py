"""Rules of batch and layer normalization."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.normalization import (
    BatchNormalization,
    GroupNormalization,
    LayerNormalization,
)

Axes = tuple[int, ...]


def batch_normalization(layer: BatchNormalization, context: RuleContext) -> Forward:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps); statistics over all axes but `axis`.

    In training, of the batch, with dx = 1 / sqrt(var + eps) (g - mean g - n mean(g n)) for
    g = gamma dy; otherwise, and of a frozen layer, the running statistics, with
    dx = g / sqrt(var + eps).
    """
    by_batch = context.training and not layer.is_frozen
    return _training_rule(layer, context) if by_batch else _inference_rule(layer, context)


def _training_rule(layer: BatchNormalization, context: RuleContext) -> Forward:
    affine = _Affine(layer, context, _channel_shape(layer))
    running = context.weight("moving_mean"), context.weight("moving_variance")

    def forward(x: Array) -> tuple[Array, Backward]:
        axes = _all_but(layer.axis, x)
        standardized = _Standardized(x, axes, layer.epsilon)
        for value, batch in zip(running, standardized.statistics, strict=True):
            _update_running(value, batch.reshape(-1), layer.momentum)

        def backward(dy: Array) -> tuple[Array]:
            affine.add_gradients(dy, standardized.values, axes)
            return (standardized.backward(affine.scaled(dy)),)

        return affine.apply(standardized.values), backward

    return forward


def _inference_rule(layer: BatchNormalization, context: RuleContext) -> Forward:
    shape = _channel_shape(layer)
    affine = _Affine(layer, context, shape)
    mean, variance = (context.weight(f"moving_{of}") for of in ("mean", "variance"))

    def forward(x: Array) -> tuple[Array, Backward]:
        deviation = np.sqrt(variance + layer.epsilon).reshape(shape)
        normalized = (x - mean.reshape(shape)) / deviation

        def backward(dy: Array) -> tuple[Array]:
            affine.add_gradients(dy, normalized, _all_but(layer.axis, x))
            return (affine.scaled(dy) / deviation,)

        return affine.apply(normalized), backward

    return forward


def _channel_shape(layer: BatchNormalization) -> Axes:
    """The shape of a number for each channel that fits rows: (-1, 1) for the last axis but one."""
    return (-1, *(1,) * (-layer.axis - 1))


def _all_but(axis: int, x: Array) -> Axes:
    """All axes but one, which is counted from the end."""
    return tuple(i for i in range(x.ndim) if i != x.ndim + axis)


def layer_normalization(layer: LayerNormalization, context: RuleContext) -> Forward:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps); statistics of each row over `axis`.

    dx = 1 / sqrt(var + eps) (g - mean g - n mean(g n)) for g = gamma dy.
    """
    shape = context.node.shape
    kept = {axis % len(shape) for axis in layer.axis}
    affine = _Affine(layer, context, tuple(n if i in kept else 1 for i, n in enumerate(shape)))
    others = (0, *(i + 1 for i in range(len(shape)) if i not in kept))

    def forward(x: Array) -> tuple[Array, Backward]:
        standardized = _Standardized(x, layer.axis, layer.epsilon)

        def backward(dy: Array) -> tuple[Array]:
            affine.add_gradients(dy, standardized.values, others)
            return (standardized.backward(affine.scaled(dy)),)

        return affine.apply(standardized.values), backward

    return forward


def group_normalization(layer: GroupNormalization, context: RuleContext) -> Forward:
    """y = gamma n + beta, n = (x - mean) / sqrt(var + eps); statistics of each row's groups.

    dx = 1 / sqrt(var + eps) (g - mean g - n mean(g n)) for g = gamma dy.
    """
    affine, groups = _Affine(layer, context), layer.groups

    def forward(x: Array) -> tuple[Array, Backward]:
        divided = x.reshape(len(x), -1, groups, x.shape[-1] // groups)
        standardized = _Standardized(divided, (1, 3), layer.epsilon)
        n = standardized.values.reshape(x.shape)

        def backward(dy: Array) -> tuple[Array]:
            affine.add_gradients(dy, n, tuple(range(x.ndim - 1)))
            g = affine.scaled(dy).reshape(divided.shape)
            return (standardized.backward(g).reshape(x.shape),)

        return affine.apply(n), backward

    return forward


class _Standardized:
    """n = (x - mean) / sqrt(variance + epsilon), with the statistics of x over some axes."""

    def __init__(self, x: Array, axes: Axes, epsilon: float) -> None:
        mean = x.mean(axis=axes, keepdims=True)
        centered = x - mean
        variance = np.square(centered).mean(axis=axes, keepdims=True)
        self.axes, self.statistics = axes, (mean, variance)
        self.deviation = np.sqrt(variance + epsilon)
        self.values = np.divide(centered, self.deviation, out=centered)

    def backward(self, g: Array) -> Array:
        """The gradient of x for the gradient g of n."""
        n = self.values
        mean = g.mean(axis=self.axes, keepdims=True)
        projection = n * (g * n).mean(axis=self.axes, keepdims=True)
        dx: Array = (g - mean - projection) / self.deviation
        return dx


class _Affine:
    """The affine map gamma n + beta, without gamma or beta where the layer has none.

    The weights are used in a shape that fits the input.
    """

    def __init__(
        self,
        layer: BatchNormalization | GroupNormalization | LayerNormalization,
        context: RuleContext,
        shape: Axes = (-1,),
    ) -> None:
        self.context = context
        self.gamma = context.weight("gamma").reshape(shape) if layer.scale else None
        self.beta = context.weight("beta").reshape(shape) if layer.center else None

    def apply(self, n: Array) -> Array:
        """gamma n + beta."""
        y = self.scaled(n)
        return y if self.beta is None else y + self.beta

    def scaled(self, values: Array) -> Array:
        """gamma times values."""
        return values if self.gamma is None else values * self.gamma

    def add_gradients(self, dy: Array, n: Array, axes: Axes) -> None:
        """dgamma = sum dy n and dbeta = sum dy over the axes that share them."""
        if self.gamma is not None:
            self._add("gamma", (dy * n).sum(axis=axes))
        if self.beta is not None:
            self._add("beta", dy.sum(axis=axes))

    def _add(self, name: str, value: Array) -> None:
        self.context.add_gradient(name, value.reshape(self.context.weight(name).shape))


def _update_running(running: Array, value: Array, momentum: float) -> None:
    """running <- momentum running + (1 - momentum) value."""
    running *= momentum
    running += value * (1 - momentum)
