"""Random bits, uniform and normal samples and permutations from Philox, keyed by their purpose.

A sample depends only on its key (the seed, a purpose, names and step numbers), not on earlier
samples, the backend, or NumPy's own samplers, whose streams may change. So a run that is resumed,
or continued on another backend, gets the same random numbers.
"""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_WORDS = 4  # that Philox makes of a state of its counter
_CHUNK = 1 << 15  # samples that are drawn at a time, in the processor's cache


def random_bits(count: int, *key: str | int, skip: int = 0) -> NDArray[np.uint64]:
    """Random 64-bit words for a key, those after the first `skip`."""
    generator = _generator(*key)
    generator.advance(skip // _WORDS)
    return generator.random_raw(skip % _WORDS + count)[skip % _WORDS :]


def uniform(count: int, *key: str | int) -> Floats:
    """Uniform samples from [0, 1) with 53 random bits."""
    generator, samples = _generator(*key), np.empty(count)
    for start in range(0, count, _CHUNK):
        chunk = samples[start : start + _CHUNK]
        words = generator.random_raw(len(chunk))
        np.multiply(words >> np.uint64(11), 2.0**-53, out=chunk)
    return samples


def _generator(*key: str | int) -> np.random.Philox:
    """The generator of a key."""
    return np.random.Philox(key=key_number(*key))


def key_number(*key: str | int) -> int:
    """The key of Philox, 128 bits, for a seed, a purpose and whatever else a sample depends on."""
    digest = hashlib.sha256("\0".join(map(str, key)).encode()).digest()
    return int.from_bytes(digest[:16], "little")


def normal(count: int, *key: str | int) -> Floats:
    """Standard normal samples by the method of Box and Muller (1958)."""
    half = -(-count // 2)
    u = uniform(2 * half, *key)
    radius = np.sqrt(-2.0 * np.log1p(-u[:half]))
    angle = 2.0 * np.pi * u[half:]
    return np.concatenate([radius * np.cos(angle), radius * np.sin(angle)])[:count]


def truncated_standard_normal(count: int, *key: str | int) -> Floats:
    """Standard normal samples truncated at two sigma, by rejection."""
    accepted: list[Floats] = []
    while sum(map(len, accepted)) < count:
        samples = normal(count + 16, *key, len(accepted))
        accepted.append(samples[np.abs(samples) <= 2.0])
    return np.concatenate(accepted)[:count]


def permutation(count: int, *key: str | int) -> NDArray[np.int64]:
    """Uniformly random permutation of 0 to count - 1."""
    return np.argsort(random_bits(count, *key), kind="stable").astype(np.int64)
