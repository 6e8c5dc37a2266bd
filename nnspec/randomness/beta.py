"""Samples of the beta distribution for single rows."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nnspec.randomness.philox import Floats
from nnspec.randomness.row_noise import RowNoise

_MAX_ATTEMPTS = 1000  # each is accepted with a probability above 0.95
_BITS = 24


def symmetric_beta(alpha: float, noise: RowNoise) -> Floats:
    """A sample of Beta(alpha, alpha) for each row, rounded to a multiple of 2**-24.

    g / (g + h) for two samples of Gamma(alpha), computed by their logarithms: small ones underflow.
    """
    g, h = (_log_gamma_samples(alpha, noise, first) for first in (1, 2))
    with np.errstate(over="ignore"):
        shares: Floats = np.rint(np.ldexp(1 / (1 + np.exp(h - g)), _BITS))
    return np.ldexp(shares, -_BITS)


def _log_gamma_samples(alpha: float, noise: RowNoise, first: int) -> Floats:
    """Logarithms of samples of Gamma(alpha), from every second part of the noise."""
    found, left = np.zeros(len(noise.numbers)), np.arange(len(noise.numbers))
    for attempt in range(_MAX_ATTEMPTS):
        found[left], accepted = _candidates(alpha, noise.take(left), first + 2 * attempt)
        left = left[~accepted]
        if not len(left):
            break
    return found


def _candidates(alpha: float, noise: RowNoise, part: int) -> tuple[Floats, NDArray[np.bool_]]:
    """Logarithms of candidates of Gamma(alpha), and whether each is accepted.

    Those of Gamma(alpha + 1) by the method of Marsaglia and Tsang (2000), times u^(1 / alpha).
    """
    u, v, w, boost = noise.uniform(4, part)
    x = np.sqrt(-2.0 * np.log1p(-u)) * np.cos(2.0 * np.pi * v)
    d = alpha + 2 / 3
    cube = (1 + x / np.sqrt(9 * d)) ** 3
    with np.errstate(all="ignore"):  # a cube of 0 or less is refused
        log_cube = np.log(cube)
        accepted = np.log1p(-w) < 0.5 * x * x + d - d * cube + d * log_cube
    return np.log(d) + log_cube + np.log1p(-boost) / alpha, accepted & (cube > 0)
