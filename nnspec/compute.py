"""How a spec is computed: backend, precision, device and seed."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

Precision = Literal["float32", "float64", "exact"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float64", "exact")


class ComputeConfig(NamedTuple):
    """What computes a spec, and how precisely; it changes speed and rounding, not what is computed.

    `backend` is `numpy`, `torch`, `keras`, or with an engine `keras:jax`. `exact` computes in
    float64 and rounds the weights to float32 after each update. `seed` is that of a program's
    random numbers; a training session takes the spec's.
    """

    backend: str = "numpy"
    precision: Precision = "float32"
    device: str = "cpu"
    seed: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of all numbers."""
        return np.dtype(np.float32 if self.precision == "float32" else np.float64)
