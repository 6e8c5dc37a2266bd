"""Dropout masks and additive noise of layers, drawn anew for each update."""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.components.layers.base import Noise
from nnspec.randomness.philox import normal, random_bits

_ALL = slice(None)  # of a batch


def draw_noise(
    noise: Noise, rows: int, seed: int, layer: str, step: int, part: slice = _ALL
) -> NDArray[Any]:
    """Draw a layer's noise (rows, *shape) for the update number `step`, counted from 0.

    Of a `part` of the batch's rows it is what the whole batch has there. A `bernoulli` mask is
    boolean: 32-bit words, two from each raw 64-bit word, compared with the probability.
    """
    start, stop, _ = part.indices(rows)
    size, key = prod(noise.shape), (seed, "noise", layer, step)
    shape = (stop - start, *noise.shape)
    if noise.kind == "normal":
        samples = normal(rows * size, *key)[start * size : stop * size]
        return (noise.amount * samples).reshape(shape)
    words = _random_words(start * size, stop * size, *key)
    return (words < noise.amount * 2.0**32).reshape(shape)


def _random_words(start: int, stop: int, *key: str | int) -> NDArray[np.uint32]:
    """The 32-bit random words of a key from `start` to before `stop`."""
    first = start // 2
    words = random_bits(-(-stop // 2) - first, *key, skip=first).astype("<u8").view("<u4")
    return words[start - 2 * first : stop - 2 * first]
