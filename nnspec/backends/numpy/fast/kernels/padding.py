"""Padding of image blocks, and of their gradients, as tasks around a window kernel."""

from __future__ import annotations

from functools import cached_property, partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.windows import Slices, Windows


class PaddedImage:
    """A block of padded images (height, width, rows, channels) with gradient; unpadded, a view."""

    def __init__(
        self, windows: Windows, context: BlockContext, x: Array, dx: Array, value: float = 0.0,
        *, overwritable: bool = False,
    ) -> None:  # fmt: skip
        self.context, self.x, self.dx, self.value = context, x, dx, value
        self.interior = windows.interior[1:]
        self.has_padding = windows.padded_size != windows.input
        self.shape = (*windows.padded_size, *x.shape[2:])
        self.image = context.empty(self.shape, x.dtype) if self.has_padding else x
        self.overwritable = overwritable and not self.has_padding  # of `image`
        self.exact_cover, self.overlapping = windows.exact_cover, windows.overlapping

    @cached_property
    def gradient(self) -> Array:
        """Gradient of the padded image."""
        return self.context.empty(self.shape, self.x.dtype) if self.has_padding else self.dx

    def pad_tasks(self) -> list[Task]:
        """Tasks that copy the block into the padded image, and fill its border."""
        if not self.has_padding:
            return []
        border = border_tasks(self.image, self.interior, self.value)
        return [*border, partial(np.copyto, self.image[self.interior], self.x)]

    def zero_gradient_tasks(self) -> list[Task]:
        """Tasks that zero the gradient, unless windows write each of its values exactly once."""
        return [] if self.exact_cover else [partial(self.gradient.fill, 0)]

    def add_gradient_task(self, slices: Slices, values: Array) -> Task:
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


def border_tasks(image: Array, interior: Slices, value: float) -> list[Task]:
    """Tasks that fill all of an image (height, width, ...) outside of its interior."""
    down, across = interior
    parts = (
        image[: down.start], image[down.stop :],
        image[down, : across.start], image[down, across.stop :],
    )  # fmt: skip
    return [partial(part.fill, value) for part in parts if part.size]
