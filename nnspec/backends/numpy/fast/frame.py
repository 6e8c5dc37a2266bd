"""An image with its padding, and the gradient of the padded image."""

from __future__ import annotations

import numpy as np

from nnspec.backends.base import Array
from nnspec.backends.numpy.windows import Windows


class Frame:
    """Around a block of images (height, width, rows, channels); none where nothing is padded."""

    def __init__(self, windows: Windows, x: Array, dx: Array, value: float = 0.0) -> None:
        self.x, self.dx = x, dx
        self.inside = windows.inside[1:]
        self.needed = windows.padded != windows.input
        self.value = value
        shape = (*windows.padded, *x.shape[2:])
        self.image = np.full(shape, value, x.dtype) if self.needed else x
        self.gradient = dx
        self.tiled, self.overlap = windows.tile, windows.overlap

    def padded(self) -> Array:
        """The padded image; the frame was written once and stays."""
        if self.needed:
            np.copyto(self.image[self.inside], self.x)
        return self.image

    def begin(self) -> Array:
        """The padded image's gradient, zero wherever `give` adds or no window is."""
        if self.needed and self.gradient is self.dx:
            self.gradient = np.empty_like(self.image)
        if not self.tiled:
            self.gradient.fill(0)
        return self.gradient

    def give(self, place: tuple[slice, slice], values: Array) -> None:
        """Add to what one place of all windows gets; where windows keep apart, nothing is there."""
        target = self.gradient[place]
        if self.overlap:
            np.add(target, values, out=target)
        else:
            np.copyto(target, values)

    def uncover(self) -> None:
        """Hand on the gradient of the image within its padding."""
        if self.needed:
            np.copyto(self.dx, self.gradient[self.inside])
