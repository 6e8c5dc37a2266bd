"""The compute configuration of a spec: backend, precision, device and seed."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.errors import NnspecError, check_type, did_you_mean, quoted, typed

Precision = Literal["float32", "float64", "exact"]
PRECISIONS: tuple[Precision, ...] = ("float32", "float64", "exact")


class ComputeConfig(NamedTuple):
    """Backend, precision, device and seed; they change speed and rounding, not the model.

    `backend` is `numpy`, `torch`, `keras`, or `keras:jax` for Keras with a given engine. `exact`
    computes in float64 and rounds the weights to float32 after each update. `seed` seeds the
    random numbers of a program; that of a spec has the spec's `train.seed`, and no other.
    """

    backend: str = "numpy"
    precision: Precision = "float32"
    device: str = "cpu"
    seed: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating-point dtype of weights, activations and gradients."""
        return np.dtype(np.float32 if self.precision == "float32" else np.float64)


def check_compute(compute: ComputeConfig) -> ComputeConfig:
    """The configuration; an NnspecError if it is none, or has no known precision."""
    check_type(compute, ComputeConfig, "such as nnspec.ComputeConfig('torch', 'float64')")
    for name in (compute.backend, compute.device):
        check_type(name, str)
    if type(compute.seed) is not int or compute.seed < 0:
        raise NnspecError(f"a seed is a whole number from 0 on, not {typed(compute.seed)}")
    if compute.precision not in PRECISIONS:
        hint = did_you_mean(str(compute.precision), PRECISIONS)
        raise NnspecError(f"there is no precision {quoted(compute.precision)}", hint)
    return compute


def with_spec_seed(compute: ComputeConfig, seed: int) -> ComputeConfig:
    """The checked configuration with the seed of a spec; an NnspecError if it has another one."""
    if check_compute(compute).seed not in (0, seed):
        message = f"the seed is the spec's train.seed, {seed}, and not {compute.seed}"
        raise NnspecError(message, f"load the spec with train.seed={compute.seed}")
    return compute._replace(seed=seed)
