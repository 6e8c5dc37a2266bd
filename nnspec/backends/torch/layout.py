"""Channels-last views of images for torch's channels-first operations, and explicit padding.

A contiguous (rows, height, width, channels) image seen as (rows, channels, height, width) is
torch's own `channels_last` memory format: both conversions are views, nothing is copied.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from nnspec.options.shapes import Pads


def channels_first(x: Tensor) -> Tensor:
    """View of (rows, height, width, channels) as (rows, channels, height, width)."""
    return x.permute(0, 3, 1, 2)


def channels_last(x: Tensor) -> Tensor:
    """View of (rows, channels, height, width) as (rows, height, width, channels)."""
    return x.permute(0, 2, 3, 1)


def pad(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    """Pad channels-first images with `value`; return them unchanged if all pads are 0."""
    if not any(map(any, pads)):
        return x
    (top, bottom), (left, right) = pads
    return functional.pad(x, (left, right, top, bottom), value=value)
