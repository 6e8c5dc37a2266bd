"""Kernel of gelu, in place in inference where the input may be overwritten."""

from __future__ import annotations

from functools import partial
from math import pi, sqrt
from typing import cast

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.erf import erf
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.activations import by_chunks
from nnspec.backends.numpy.fast.plan import Kernel
from nnspec.components.layers.activations import GELU

CUBIC, SCALE = 0.044715, sqrt(2 / pi)  # of the approximation


def gelu(context: BlockContext, x: BlockedTensor) -> Kernel:
    """y = x p, dx = dy (p + x dp/dx), with the probability p = Phi(x) of a normal distribution.

    Or, if `approximate`, with p = (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2.
    """
    approximate = cast("GELU", context.node.layer).approximate
    forward, backward = _APPROXIMATE if approximate else _EXACT
    in_place = x.overwritable and not context.training
    y = x if in_place else context.allocate_like(x, overwritable=True)
    if not context.training:
        pairs = zip(x.values, y.values, strict=True)
        return Kernel(y, [[partial(by_chunks, forward, *pair) for pair in pairs]])
    probabilities = context.like_buffers(x)
    arrays = zip(x.values, y.values, probabilities, strict=True)
    forward_tasks = [partial(by_chunks, forward, *of) for of in arrays]
    arrays = zip(x.values, probabilities, y.gradients, strict=True)
    return Kernel(y, [forward_tasks], [[partial(by_chunks, backward, *of) for of in arrays]])


def _exact(x: Array, y: Array, probability: Array | None = None) -> None:
    p = erf(x / sqrt(2))
    _product(p, x, y, probability)


def _approximate(x: Array, y: Array, probability: Array | None = None) -> None:
    cube = x * x
    np.multiply(cube, x, out=cube)
    np.multiply(cube, CUBIC, out=cube)
    np.add(cube, x, out=cube)
    np.multiply(cube, SCALE, out=cube)
    _product(np.tanh(cube, out=cube), x, y, probability)


def _product(p: Array, x: Array, y: Array, probability: Array | None) -> None:
    """y = x (1 + p) / 2; the factor of x is kept in `probability`."""
    np.add(p, 1, out=p)
    np.divide(p, 2, out=p)
    if probability is not None:
        np.copyto(probability, p)
    np.multiply(x, p, out=y)


def _exact_backward(x: Array, probability: Array, dy: Array) -> None:
    density = x * x
    np.divide(density, -2, out=density)
    np.exp(density, out=density)
    np.divide(density, sqrt(2 * pi), out=density)
    _scale_gradient(density, x, probability, dy)


def _approximate_backward(x: Array, probability: Array, dy: Array) -> None:
    density = x * x
    np.multiply(density, 3 * CUBIC, out=density)
    np.add(density, 1, out=density)
    np.multiply(density, SCALE / 2, out=density)
    t = 2 * probability - 1
    np.multiply(density, 1 - t * t, out=density)
    _scale_gradient(density, x, probability, dy)


def _scale_gradient(density: Array, x: Array, probability: Array, dy: Array) -> None:
    """dy becomes dy (p + x dp/dx)."""
    np.multiply(density, x, out=density)
    np.add(density, probability, out=density)
    np.multiply(dy, density, out=dy)


_EXACT, _APPROXIMATE = (_exact, _exact_backward), (_approximate, _approximate_backward)
