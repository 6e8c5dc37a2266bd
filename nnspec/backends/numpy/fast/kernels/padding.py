"""An image with its padding, and the gradient of the padded image: steps around a window's own."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows


class PaddedImage:
    """Around a block of images (height, width, rows, channels); none where nothing is padded."""

    def __init__(
        self,
        windows: Windows,
        x: Array,
        dx: Array,
        value: float = 0.0,
        *,
        overwritable: bool = False,
    ) -> None:
        self.x, self.dx = x, dx
        self.inside = windows.inside[1:]
        self.needed = windows.padded != windows.input
        shape = (*windows.padded, *x.shape[2:])
        self.image = np.full(shape, value, x.dtype) if self.needed else x
        self.overwritable = overwritable and not self.needed  # whether the image may be overwritten
        self.tiled, self.overlap = windows.tile, windows.overlap

    @cached_property
    def gradient(self) -> Array:
        """The padded image's."""
        return np.empty_like(self.image) if self.needed else self.dx

    def read(self) -> list[Task]:
        """The padded image follows the block; the frame was written once and stays."""
        return [partial(np.copyto, self.image[self.inside], self.x)] if self.needed else []

    def clear(self) -> list[Task]:
        """The gradient is 0 wherever windows add or no window is."""
        return [] if self.tiled else [partial(self.gradient.fill, 0)]

    def give(self, place: tuple[slice, slice], values: Array) -> Task:
        """Add to what one place of all windows gets; where windows keep apart, nothing is there."""
        target = self.gradient[place]
        if self.overlap:
            return partial(np.add, target, values, out=target)
        return partial(np.copyto, target, values)

    def hand_on(self) -> list[Task]:
        """The gradient of the image within its padding."""
        return [partial(np.copyto, self.dx, self.gradient[self.inside])] if self.needed else []
