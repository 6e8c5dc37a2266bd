"""Padding of image blocks, and of their gradients, as tasks around a window kernel."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Windows


class PaddedImage:
    """A block of padded images (height, width, rows, channels) with gradient; unpadded, a view."""

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
        self.interior = windows.interior[1:]
        self.has_padding = windows.padded_size != windows.input
        shape = (*windows.padded_size, *x.shape[2:])
        self.image = np.full(shape, value, x.dtype) if self.has_padding else x
        self.overwritable = overwritable and not self.has_padding  # of `image`
        self.exact_cover, self.overlapping = windows.exact_cover, windows.overlapping

    @cached_property
    def gradient(self) -> Array:
        """Gradient of the padded image."""
        return np.empty_like(self.image) if self.has_padding else self.dx

    def pad_tasks(self) -> list[Task]:
        """Tasks that copy the block into the padded image, whose border keeps its constant."""
        return [partial(np.copyto, self.image[self.interior], self.x)] if self.has_padding else []

    def zero_gradient_tasks(self) -> list[Task]:
        """Tasks that zero the gradient, unless windows write each of its values exactly once."""
        return [] if self.exact_cover else [partial(self.gradient.fill, 0)]

    def add_gradient_task(self, slices: tuple[slice, slice], values: Array) -> Task:
        """Task that adds gradients at one window offset; without overlap, it writes them."""
        target = self.gradient[slices]
        if self.overlapping:
            return partial(np.add, target, values, out=target)
        return partial(np.copyto, target, values)

    def unpad_gradient_tasks(self) -> list[Task]:
        """Tasks that copy the gradient without its padding to the block."""
        return (
            [partial(np.copyto, self.dx, self.gradient[self.interior])] if self.has_padding else []
        )
