"""The image of a Winograd convolution that the tiles cover, with zero padding."""

from __future__ import annotations

from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.kernels.padding import border_tasks
from nnspec.backends.numpy.fast.kernels.winograd_transforms import Tiling
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape


class TiledImage:
    """The part of an image block that the tiles cover, with padding before it, and its gradient."""

    def __init__(
        self, context: BlockContext, pads: Shape, axes: Tiling, x: Array, dx: Array
    ) -> None:
        covered_sizes = [axis.inputs for axis in axes]
        down, across = [
            max(0, min(size, covered - pad))
            for size, covered, pad in zip(x.shape[:2], covered_sizes, pads, strict=True)
        ]
        self.x, self.dx, self.covers_image = x, dx, (down, across) == x.shape[:2]
        self.covered = slice(down), slice(across)
        self.interior = slice(pads[0], pads[0] + down), slice(pads[1], pads[1] + across)
        self.is_view = not any(pads) and [down, across] == covered_sizes
        shape = (*covered_sizes, *x.shape[2:])
        self.values = x[self.covered] if self.is_view else context.empty(shape)
        if self.is_view or not context.training:
            self.gradients = dx[self.covered]
        else:
            self.gradients = context.empty(shape)

    def input_tasks(self) -> list[Task]:
        """Tasks that copy the block into the padded image."""
        if self.is_view:
            return []
        border = border_tasks(self.values, self.interior, 0)
        return [*border, partial(np.copyto, self.values[self.interior], self.x[self.covered])]

    def gradient_tasks(self) -> list[Task]:
        """Tasks that copy the gradient to the block; it is 0 outside the tiles."""
        if self.is_view:
            vertical, horizontal = (span.stop for span in self.covered)
            rest = self.dx[vertical:], self.dx[:vertical, horizontal:]
            return [partial(part.fill, 0) for part in rest if part.size]
        clear = [] if self.covers_image else [partial(self.dx.fill, 0)]
        return [*clear, partial(np.copyto, self.dx[self.covered], self.gradients[self.interior])]
