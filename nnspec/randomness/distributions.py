"""Distributions of initializers: each function draws prod(shape) values for a key.

For a kernel (*k, in, out), fan_in is prod(k) in and fan_out is prod(k) out.
"""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import numpy as np

from nnspec.components.initializers.constant import Constant
from nnspec.components.initializers.literal import Filters, Values
from nnspec.components.initializers.matrix import Identity, Orthogonal
from nnspec.components.initializers.random import RandomNormal, RandomUniform, TruncatedNormal
from nnspec.components.initializers.variance_scaling import ScaledInitializer
from nnspec.options.types import Shape
from nnspec.randomness.initializer_rules import Key
from nnspec.randomness.philox import Floats, normal, truncated_standard_normal, uniform

_TRUNCATED_STD = 0.87962566103423978  # of the standard normal truncated at two sigma


def fans(shape: Shape) -> tuple[int, int]:
    """fan_in and fan_out of a weight, as Keras computes them."""
    if len(shape) < 2:
        size = prod(shape)
        return size, size
    return prod(shape[:-1]), prod(shape[:-2]) * shape[-1]


def zeros(_: Any, shape: Shape, __: Key) -> Floats:
    """0 everywhere."""
    return np.zeros(shape)


def ones(_: Any, shape: Shape, __: Key) -> Floats:
    """1 everywhere."""
    return np.ones(shape)


def constant(initializer: Constant, shape: Shape, _: Key) -> Floats:
    """The same value everywhere."""
    return np.full(shape, initializer.value)


def values(initializer: Values, _: Shape, __: Key) -> Floats:
    """The values given in the spec, in the weight's shape."""
    return np.array(initializer.values, np.float64)


def filters(initializer: Filters, shape: Shape, _: Key) -> Floats:
    """Images (filters, height, width, channels) as a kernel (height, width, channels, filters)."""
    images = np.array(initializer.filters, np.float64).reshape(shape[-1], *shape[:-1])
    return np.moveaxis(images, 0, -1)


def random_uniform(initializer: RandomUniform, shape: Shape, key: Key) -> Floats:
    """U(minval, maxval)."""
    return initializer.minval + (initializer.maxval - initializer.minval) * uniform(
        prod(shape), *key
    )


def random_normal(initializer: RandomNormal, shape: Shape, key: Key) -> Floats:
    """N(mean, stddev^2)."""
    return initializer.mean + initializer.stddev * normal(prod(shape), *key)


def truncated_normal(initializer: TruncatedNormal, shape: Shape, key: Key) -> Floats:
    """N(mean, stddev^2) truncated at two sigma."""
    return initializer.mean + initializer.stddev * truncated_standard_normal(prod(shape), *key)


def variance_scaling(initializer: ScaledInitializer, shape: Shape, key: Key) -> Floats:
    """A distribution with the variance scale / fan."""
    scale, mode, distribution = initializer.scaling
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[mode]
    if distribution == "uniform":
        return _symmetric_uniform(sqrt(3 * scale / fan), shape, key)
    if distribution == "untruncated_normal":
        return sqrt(scale / fan) * normal(prod(shape), *key)
    return sqrt(scale / fan) / _TRUNCATED_STD * truncated_standard_normal(prod(shape), *key)


def _symmetric_uniform(limit: float, shape: Shape, key: Key) -> Floats:
    """U(-limit, limit)."""
    samples = uniform(prod(shape), *key)
    samples *= 2.0  # in place: a large weight is not copied
    samples -= 1.0
    samples *= limit
    return samples


def orthogonal(initializer: Orthogonal, shape: Shape, key: Key) -> Floats:
    """A uniformly random matrix with orthogonal columns, or rows if it has fewer, times gain."""
    rows, columns = prod(shape[:-1]), shape[-1]
    tall = max(rows, columns), min(rows, columns)
    q, r = np.linalg.qr(normal(prod(shape), *key).reshape(tall))
    q *= np.sign(np.diag(r))
    return initializer.gain * (q.T if rows < columns else q)


def identity(initializer: Identity, shape: Shape, _: Key) -> Floats:
    """gain on the diagonal."""
    rows, columns = shape
    return initializer.gain * np.eye(rows, columns)
