"""Random bits, uniform and normal numbers and permutations from Philox, keyed by their purpose.

A draw depends on its key alone (the seed, a purpose, names and step numbers), never on what was
drawn before, on the backend, or on NumPy's own samplers, whose streams may change. So a run that
is resumed, or continued on another backend, sees the same numbers.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def random_bits(count: int, *key: str | int) -> NDArray[np.uint64]:
    """`count` 64-bit words for a key."""
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    philox = np.random.Philox(key=int.from_bytes(digest[:16], "little"))
    return philox.random_raw(count)


def uniform(count: int, *key: str | int) -> Floats:
    """Numbers in [0, 1) with 53 random bits."""
    words = random_bits(count, *key)
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


def truncated_standard_normal(count: int, *key: str | int) -> Floats:
    """Standard normal numbers within two sigma: those outside are passed over."""
    kept: list[Floats] = []
    while sum(map(len, kept)) < count:
        drawn = normal(count + 16, *key, len(kept))
        kept.append(drawn[np.abs(drawn) <= 2.0])
    return np.concatenate(kept)[:count]


def permutation(count: int, *key: str | int) -> NDArray[np.int64]:
    """A permutation of 0 to count - 1, every one equally likely."""
    return np.argsort(random_bits(count, *key), kind="stable").astype(np.int64)
