"""The compute configuration of a spec: backend, precision, device and seed."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple, get_args

import numpy as np

from nnspec.errors import NnspecError, check_type, did_you_mean, quoted, typed

Precision = Literal["float32", "float64", "exact", "mixed_bfloat16"]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)


class ComputeConfig(NamedTuple):
    """Backend, precision, device and seed; they change speed and rounding, not the model.

    `backend` is `numpy`, `torch`, `keras`, or `keras:jax` for Keras with a given engine. `exact`
    computes in float64 and rounds the weights to float32 after each update; `mixed_bfloat16` is
    float32, but dense layers and convolutions round inputs, kernels and outputs to bfloat16.
    `seed` seeds the random numbers of a program; that of a spec has the spec's `train.seed`, and no
    other.
    """

    backend: str = "numpy"
    precision: Precision = "float32"
    device: str = "cpu"
    seed: int = 0

    @property
    def dtype(self) -> np.dtype[Any]:
        """The floating-point dtype of weights, activations and gradients."""
        return np.dtype(np.float64 if self.precision in ("float64", "exact") else np.float32)

    @property
    def is_mixed(self) -> bool:
        """Whether products with kernels are computed in bfloat16."""
        return self.precision == "mixed_bfloat16"


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
