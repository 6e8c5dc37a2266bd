"""Initial weights of a graph, drawn by their initializers."""

from __future__ import annotations

from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np

from nnspec.components.initializers.base import Initializer
from nnspec.components.initializers.constant import Constant, Ones, Zeros
from nnspec.components.initializers.literal import Filters, Values
from nnspec.components.initializers.random import RandomNormal, RandomUniform, TruncatedNormal
from nnspec.components.initializers.variance_scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
)
from nnspec.components.layers.base import Weight
from nnspec.graph.ir import Graph
from nnspec.options.types import Shape
from nnspec.randomness.philox import Floats, normal, uniform

_TRUNCATED_STD = 0.87962566103423978  # of the standard normal cut at two sigma


def truncated_normal(count: int, *key: str | int) -> Floats:
    """Standard normal numbers within two sigma: those outside are passed over."""
    kept: list[Floats] = []
    while sum(map(len, kept)) < count:
        drawn = normal(count + 16, *key, len(kept))
        kept.append(drawn[np.abs(drawn) <= 2.0])
    return np.concatenate(kept)[:count]


def initial_weights(graph: Graph, seed: int) -> dict[str, Floats]:
    """Every weight of a graph, drawn in float64 and rounded to float32.

    The rounding makes runs in float32 and float64 start at the same weights.
    """
    return {name: initial_weight(weight, seed, name) for name, weight in graph.weights()}


def initial_weight(weight: Weight, seed: int, name: str) -> Floats:
    """One weight's first value."""
    draw = _DRAWS[type(weight.initializer)]
    values = draw(weight.initializer, weight.shape, (seed, "weights", name))
    return values.astype(np.float32).astype(np.float64).reshape(weight.shape)


def fans(shape: Shape) -> tuple[int, int]:
    """fan_in and fan_out of a weight, as Keras counts them."""
    if len(shape) < 2:
        size = prod(shape)
        return size, size
    return prod(shape[:-1]), prod(shape[:-2]) * shape[-1]


Key = tuple[str | int, ...]
Draw = Callable[[Any, Shape, Key], Floats]


def _full(value: float) -> Draw:
    return lambda _, shape, __: np.full(prod(shape), value)


def _within(limit: Callable[[int, int], float]) -> Draw:
    """U(-l, l), with l worked out from the fans."""
    return lambda _, shape, key: limit(*fans(shape)) * (2.0 * uniform(prod(shape), *key) - 1.0)


def _deviating(stddev: Callable[[int, int], float]) -> Draw:
    """A truncated normal, rescaled to a standard deviation worked out from the fans."""
    return lambda _, shape, key: (
        stddev(*fans(shape)) / _TRUNCATED_STD * truncated_normal(prod(shape), *key)
    )


def _random_uniform(of: RandomUniform, shape: Shape, key: Key) -> Floats:
    return of.minval + (of.maxval - of.minval) * uniform(prod(shape), *key)


def _filters(of: Filters, shape: Shape, _: Key) -> Floats:
    """Images (filters, height, width, channels) as a kernel (height, width, channels, filters)."""
    images = np.array(of.filters, np.float64).reshape(shape[-1], *shape[:-1])
    return np.moveaxis(images, 0, -1)


_DRAWS: dict[type[Initializer], Draw] = {
    Zeros: _full(0.0),
    Ones: _full(1.0),
    Constant: lambda of, shape, _: np.full(prod(shape), of.value),
    Values: lambda of, _, __: np.array(of.values, np.float64),
    Filters: _filters,
    RandomUniform: _random_uniform,
    RandomNormal: lambda of, shape, key: of.mean + of.stddev * normal(prod(shape), *key),
    TruncatedNormal: lambda of, shape, key: (
        of.mean + of.stddev * truncated_normal(prod(shape), *key)
    ),
    GlorotUniform: _within(lambda fan_in, fan_out: sqrt(6 / (fan_in + fan_out))),
    HeUniform: _within(lambda fan_in, _: sqrt(6 / fan_in)),
    LecunUniform: _within(lambda fan_in, _: sqrt(3 / fan_in)),
    GlorotNormal: _deviating(lambda fan_in, fan_out: sqrt(2 / (fan_in + fan_out))),
    HeNormal: _deviating(lambda fan_in, _: sqrt(2 / fan_in)),
    LecunNormal: _deviating(lambda fan_in, _: sqrt(1 / fan_in)),
}
