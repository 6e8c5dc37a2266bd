"""Channels-last images for torch's channels-first operations, and explicit padding.

A contiguous (rows, height, width, channels) image seen as (rows, channels, height, width) is
torch's own `channels_last` memory format: both ways are views, nothing is copied.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from nnspec.options.shapes import Pads


def channels_first(x: Tensor) -> Tensor:
    """(rows, height, width, channels) seen as (rows, channels, height, width)."""
    return x.permute(0, 3, 1, 2)


def channels_last(x: Tensor) -> Tensor:
    """(rows, channels, height, width) seen as (rows, height, width, channels)."""
    return x.permute(0, 2, 3, 1)


def padded(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    """A channels-first image in a frame of `value`; without padding, the image itself."""
    if not any(map(any, pads)):
        return x
    (top, bottom), (left, right) = pads
    return functional.pad(x, (left, right, top, bottom), value=value)
