"""Where torch computes, and how it is made to give the same numbers on every call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError


def device_of(compute: ComputeConfig) -> torch.device:
    """The device that the settings name; a BackendError where it cannot be used."""
    known = available()
    if compute.device not in known:
        message = f"the torch backend has no device {compute.device!r} here"
        raise BackendError(message, f"available: {', '.join(known)}")
    if compute.device == "mps" and compute.precision != "float32":
        message = f"the device mps cannot compute in {compute.dtype}"
        raise BackendError(message, "use precision float32, or another device")
    return torch.device(compute.device)


def available() -> list[str]:
    """The names of the devices of this machine."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ["cuda", *(f"cuda:{index}" for index in range(count))] if count else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


@contextmanager
def reproducible() -> Iterator[None]:
    """Convolutions in full float32 whose sums have a fixed order; what was set before comes back.

    Torch lets cuDNN round float32 to TF32 in them and choose among algorithms. Matrix products
    are exact and ordered unless the user has said otherwise, which stays as it is.
    """
    cudnn: Any = torch.backends.cudnn  # its stubs lack some of these
    wanted: list[tuple[Any, str, Any]] = [
        (cudnn, "deterministic", True),
        (cudnn, "benchmark", False),
        (cudnn.conv, "fp32_precision", "ieee"),
        (cudnn.rnn, "fp32_precision", "ieee"),  # torch refuses two values for what was one flag
    ]
    before = [(owner, name, getattr(owner, name)) for owner, name, _ in wanted]
    _set(wanted)
    try:
        yield
    finally:
        _set(before)


def _set(values: list[tuple[Any, str, Any]]) -> None:
    for owner, name, value in values:
        setattr(owner, name, value)
