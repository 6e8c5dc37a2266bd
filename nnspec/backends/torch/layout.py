"""Channels-last views of images for torch's channels-first operations, and explicit padding.

A contiguous (rows, height, width, channels) image seen as (rows, channels, height, width) is
torch's own `channels_last` memory format: both conversions are views, nothing is copied.
"""

from __future__ import annotations

from itertools import chain

from torch import Tensor
from torch.nn import functional

from nnspec.options.shapes import Pads


def channels_first(x: Tensor) -> Tensor:
    """View of (rows, *sizes, channels) as (rows, channels, *sizes)."""
    return x.movedim(-1, 1)


def channels_last(x: Tensor) -> Tensor:
    """View of (rows, channels, *sizes) as (rows, *sizes, channels)."""
    return x.movedim(1, -1)


def pad(x: Tensor, pads: Pads, value: float = 0.0) -> Tensor:
    """Pad channels-first images with `value`, or crop them where a pad is negative.

    They are returned unchanged if all pads are 0.
    """
    if not any(map(any, pads)):
        return x
    return functional.pad(x, tuple(chain(*reversed(pads))), value=value)
