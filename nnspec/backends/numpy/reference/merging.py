"""Rules of layers that merge values. Axes of size 1 are repeated; their gradients are summed."""

from __future__ import annotations

from functools import reduce

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.merging import (
    Add,
    Average,
    Concatenate,
    Dot,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)

_NORMALIZE_EPSILON = 1e-12  # Keras' smallest square of a length


def add(_: Add, __: RuleContext) -> Forward:
    """y = x_1 + x_2 + ...; dx_i = dy."""

    def forward(*inputs: Array) -> tuple[Array, Backward]:
        return reduce(np.add, inputs), lambda dy: tuple(_summed(dy, x) for x in inputs)

    return forward


def subtract(_: Subtract, __: RuleContext) -> Forward:
    """y = x_1 - x_2; dx_1 = dy, dx_2 = -dy."""

    def forward(x: Array, z: Array) -> tuple[Array, Backward]:
        return x - z, lambda dy: (_summed(dy, x), _summed(-dy, z))

    return forward


def multiply(_: Multiply, __: RuleContext) -> Forward:
    """y = x_1 x_2 ...; dx_i = dy times the other inputs."""

    def forward(*inputs: Array) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array, ...]:
            others = [[*inputs[:i], *inputs[i + 1 :]] for i in range(len(inputs))]
            return tuple(
                _summed(reduce(np.multiply, factors, dy), x)
                for x, factors in zip(inputs, others, strict=True)
            )

        return reduce(np.multiply, inputs), backward

    return forward


def average(_: Average, __: RuleContext) -> Forward:
    """y = (x_1 + ... + x_n) / n; dx_i = dy / n."""

    def forward(*inputs: Array) -> tuple[Array, Backward]:
        n = len(inputs)
        return reduce(np.add, inputs) / n, lambda dy: tuple(_summed(dy / n, x) for x in inputs)

    return forward


def maximum(_: Maximum, __: RuleContext) -> Forward:
    """y = max(x_1, x_2, ...); dx_i = dy where x_i is the first of the largest, else 0."""
    return _selection(np.greater)


def minimum(_: Minimum, __: RuleContext) -> Forward:
    """y = min(x_1, x_2, ...); dx_i = dy where x_i is the first of the smallest, else 0."""
    return _selection(np.less)


def _selection(better: np.ufunc) -> Forward:
    """From left to right, the input that is better than the best one before it."""

    def forward(*inputs: Array) -> tuple[Array, Backward]:
        best, chosen = inputs[0], list[Array]()
        for x in inputs[1:]:
            chosen.append(better(x, best))
            best = np.where(chosen[-1], x, best)

        def backward(dy: Array) -> tuple[Array, ...]:
            gradients = list[Array]()
            for x, won in zip(inputs[:0:-1], chosen[::-1], strict=True):
                gradients.append(_summed(dy * won, x))
                dy = _summed(dy * ~won, won)
            return (_summed(dy, inputs[0]), *reversed(gradients))

        return best, backward

    return forward


def concatenate(layer: Concatenate, _: RuleContext) -> Forward:
    """y = the inputs one after the other along an axis; dx_i = their parts of dy."""
    axis = layer.axis

    def forward(*inputs: Array) -> tuple[Array, Backward]:
        ends = np.cumsum([x.shape[axis] for x in inputs])[:-1]
        return np.concatenate(inputs, axis), lambda dy: tuple(np.split(dy, ends, axis))

    return forward


def dot(layer: Dot, context: RuleContext) -> Forward:
    """y = X Z', dX = dy Z, dZ = dy' X, with X (rows, a, k) and Z (rows, b, k) of the two inputs.

    With `normalize`, X and Z are divided by their lengths along k first.
    """

    def forward(x: Array, z: Array) -> tuple[Array, Backward]:
        moved = (
            _Vectors(x, layer.axes[0], layer.normalize),
            _Vectors(z, layer.axes[1], layer.normalize),
        )
        left, right = (vectors.matrix for vectors in moved)
        y = left @ right.transpose(0, 2, 1)

        def backward(dy: Array) -> tuple[Array, Array]:
            by_pair = dy.reshape(y.shape)
            return (
                moved[0].backward(by_pair @ right),
                moved[1].backward(by_pair.transpose(0, 2, 1) @ left),
            )

        return y.reshape(len(x), *context.node.shape), backward

    return forward


class _Vectors:
    """The vectors of each row along an axis, (rows, vectors, k), of length 1 if normalized."""

    def __init__(self, x: Array, axis: int, normalize: bool) -> None:
        moved = np.moveaxis(x, axis, -1)
        self.axis, self.shape, self.normalize = axis, moved.shape, normalize
        self.matrix = moved.reshape(len(x), -1, moved.shape[-1])
        if normalize:
            squares = np.square(self.matrix).sum(axis=-1, keepdims=True)
            self.is_long = squares > _NORMALIZE_EPSILON
            self.length = np.sqrt(np.maximum(squares, _NORMALIZE_EPSILON))
            self.matrix = self.matrix / self.length

    def backward(self, g: Array) -> Array:
        """The gradient of x; for u = v / |v|, dv = (g - u (u g)) / |v|."""
        if self.normalize:
            u = self.matrix
            projection = u * (u * g).sum(axis=-1, keepdims=True)
            g = (g - projection * self.is_long) / self.length
        return np.moveaxis(g.reshape(self.shape), -1, self.axis)


def _summed(gradient: Array, x: Array) -> Array:
    """A gradient summed over the axes along which x was repeated."""
    repeated = tuple(
        axis for axis, size in enumerate(x.shape) if size == 1 and gradient.shape[axis] != 1
    )
    return gradient.sum(axis=repeated, keepdims=True) if repeated else gradient
