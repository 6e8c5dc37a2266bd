"""Dropout masks and additive noise of layers, drawn for each update."""

from __future__ import annotations

from math import prod
from typing import Any

from numpy.typing import NDArray

from nnspec.components.layers.base import Noise
from nnspec.randomness.philox import normal, random_bits


def draw_noise(of: Noise, rows: int, seed: int, layer: str, step: int) -> NDArray[Any]:
    """What a layer draws for the update that `step` updates came before, (rows, *shape).

    A `keep` mask is of truth values: 32-bit words, two from each of the raw 64 bits, compared
    with the probability.
    """
    count, key = rows * prod(of.shape), (seed, "draw_noise", layer, step)
    if of.kind == "normal":
        return (of.amount * normal(count, *key)).reshape(rows, *of.shape)
    words = random_bits(-(-count // 2), *key).astype("<u8").view("<u4")[:count]
    return (words < of.amount * 2.0**32).reshape(rows, *of.shape)
