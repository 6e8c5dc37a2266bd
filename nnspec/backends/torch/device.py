"""Selection of the torch device, and reproducible cuDNN settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError


def select_device(compute: ComputeConfig) -> torch.device:
    """Return the configured torch device; raise BackendError if it cannot be used."""
    known = available_devices()
    if compute.device not in known:
        message = f"the torch backend has no device {compute.device!r} here"
        raise BackendError(message, f"available: {', '.join(known)}")
    if compute.device == "mps" and compute.dtype != "float32":
        message = f"the device mps cannot compute in {compute.dtype}"
        raise BackendError(message, "use precision float32, or another device")
    return torch.device(compute.device)


def available_devices() -> list[str]:
    """Names of the devices that torch can use on this machine."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ["cuda", *(f"cuda:{index}" for index in range(count))] if count else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


@contextmanager
def reproducible() -> Iterator[None]:
    """Make cuDNN deterministic and compute in full float32; restore the user's settings on exit.

    By default torch lets cuDNN round float32 to TF32 and choose among algorithms. Matrix products
    are deterministic and in full precision unless the user has set otherwise, which is respected.
    """
    cudnn: Any = torch.backends.cudnn  # its stubs lack some of these
    wanted: list[tuple[Any, str, Any]] = [
        (cudnn, "deterministic", True),
        (cudnn, "benchmark", False),
        (cudnn.conv, "fp32_precision", "ieee"),
        (cudnn.rnn, "fp32_precision", "ieee"),  # torch refuses a value that differs from conv's
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
