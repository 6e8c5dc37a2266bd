"""Where torch computes, and how it is made to give the same numbers on every call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from nnspec.backends.base import Settings
from nnspec.errors import BackendError


def device_of(settings: Settings) -> torch.device:
    """The device that the settings name; a BackendError where it cannot be used."""
    known = available()
    if settings.device not in known:
        message = f"the torch backend has no device {settings.device!r} here"
        raise BackendError(message, f"available: {', '.join(known)}")
    if settings.device == "mps" and settings.precision != "float32":
        message = f"the device mps cannot compute in {settings.dtype}"
        raise BackendError(message, "use precision float32, or another device")
    return torch.device(settings.device)


def available() -> list[str]:
    """The names of the devices of this machine."""
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    cuda = ["cuda", *(f"cuda:{index}" for index in range(count))] if count else []
    return ["cpu", *cuda, *(["mps"] if torch.backends.mps.is_available() else [])]


@contextmanager
def reproducible() -> Iterator[None]:
    """Full float32 products and deterministic convolutions; what was set before comes back.

    Torch lets cuDNN round float32 to TF32 and choose algorithms whose sums have no fixed order.
    """
    precision = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("highest")
    try:
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            yield
    finally:
        torch.set_float32_matmul_precision(precision)
