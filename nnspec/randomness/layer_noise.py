"""Dropout masks and additive noise of layers, drawn anew for each update."""

from __future__ import annotations

from math import prod
from typing import Any

from numpy.typing import NDArray

from nnspec.components.layers.base import Noise
from nnspec.randomness.philox import normal, random_bits


def draw_noise(noise: Noise, rows: int, seed: int, layer: str, step: int) -> NDArray[Any]:
    """Draw a layer's noise (rows, *shape) for the update number `step`, counted from 0.

    A `bernoulli` mask is boolean: 32-bit words, two from each raw 64-bit word, compared with the
    probability.
    """
    count, key = rows * prod(noise.shape), (seed, "noise", layer, step)
    if noise.kind == "normal":
        return (noise.amount * normal(count, *key)).reshape(rows, *noise.shape)
    words = random_bits(-(-count // 2), *key).astype("<u8").view("<u4")[:count]
    return (words < noise.amount * 2.0**32).reshape(rows, *noise.shape)
