"""All randomness in nnspec: Philox bits, keyed by what they are for.

A draw depends on its key alone (the seed, a purpose, names and step numbers), never on what was
drawn before, on the backend, or on NumPy's own samplers, whose streams may change. So a run that
is resumed, or goes on on another backend, sees the numbers that it would have seen.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from math import prod, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.fields import Shape
from nnspec.graph import Graph
from nnspec.initializers import (
    Constant,
    Filters,
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    Ones,
    RandomNormal,
    RandomUniform,
    TruncatedNormal,
    Values,
    Zeros,
)
from nnspec.layers.base import Noise, Weight

Floats = NDArray[np.float64]
_TRUNCATED_STD = 0.87962566103423978  # of the standard normal cut at two sigma


def raw(count: int, *key: str | int) -> NDArray[np.uint64]:
    """`count` 64-bit words for a key."""
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    philox = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
    return philox.random_raw(count)


def uniform(count: int, *key: str | int) -> Floats:
    """Numbers in [0, 1) with 53 random bits."""
    words = raw(count, *key)
    words >>= np.uint64(11)
    numbers = words.astype(np.float64)
    numbers *= 2.0**-53
    return numbers


def normal(count: int, *key: str | int) -> Floats:
    """Standard normal numbers, by Box and Muller (1958)."""
    half = -(-count // 2)
    u = uniform(2 * half, *key)
    radius = np.sqrt(-2.0 * np.log1p(-u[:half]))
    angle = 2.0 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def truncated_normal(count: int, *key: str | int) -> Floats:
    """Standard normal numbers within two sigma: those outside are passed over."""
    kept: list[Floats] = []
    while sum(map(len, kept)) < count:
        drawn = normal(count + 16, *key, len(kept))
        kept.append(drawn[np.abs(drawn) <= 2.0])
    return np.concatenate(kept)[:count]


def order(count: int, *key: str | int) -> NDArray[np.int64]:
    """A permutation of 0 to count - 1, every one equally likely."""
    return np.argsort(raw(count, *key), kind="stable").astype(np.int64)


def initial_weights(graph: Graph, seed: int) -> dict[str, Floats]:
    """Every weight of a graph, drawn in float64 and rounded to float32.

    The rounding makes runs in float32 and float64 start at the same weights.
    """
    return {name: initial(weight, seed, name) for name, weight in graph.weights()}


def initial(weight: Weight, seed: int, name: str) -> Floats:
    """One weight's first value."""
    draw = _DRAWS[type(weight.initializer)]
    values = draw(weight.initializer, weight.shape, (seed, "weights", name))
    return values.astype(np.float32).astype(np.float64).reshape(weight.shape)


def noise(of: Noise, rows: int, seed: int, layer: str, step: int) -> NDArray[Any]:
    """What a layer draws for the update that `step` updates came before, (rows, *shape).

    A `keep` mask is of truth values: 32-bit words, two from each of the raw 64 bits, compared
    with the probability.
    """
    count, key = rows * prod(of.shape), (seed, "noise", layer, step)
    if of.kind == "normal":
        return (of.amount * normal(count, *key)).reshape(rows, *of.shape)
    words = raw(-(-count // 2), *key).astype("<u8").view("<u4")[:count]
    return (words < of.amount * 2.0**32).reshape(rows, *of.shape)


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
