"""Maximum of windows and the mask of its first position, as tasks for the max pooling kernels.

The maximum is taken along each row of the window, for all rows at once, then over the rows: few
calls on large arrays, since each call takes the GIL anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.threads import Task
from nnspec.options.types import Shape


class WindowMax:
    """`is_max[i, j]` masks the outputs whose maximum is first at row i, column j of the window.

    `is_row_max[i]` does so for rows of the window. Both are empty outside training.
    """

    def __init__(self, pool_size: Shape, shape: Shape, context: BlockContext) -> None:
        mask_shape = shape if context.training else (0,) * len(shape)
        self.is_max = context.empty((*pool_size, *mask_shape), bool)
        self.is_row_max = context.empty((pool_size[0], *mask_shape), bool)

    def max_tasks(
        self, values: Array, row_max: Array, y: Array, span: slice = slice(None)
    ) -> Iterator[Task]:
        """y[span] = max of values (window height, window width, ...) over both window axes.

        `row_max`, (window height, ...), gets the maximum of each row; it may be values[:, 0].
        """
        exceeds = self.is_max[:, :, span].swapaxes(0, 1)
        yield from _max_tasks(values.swapaxes(0, 1), row_max, exceeds)
        yield from _max_tasks(row_max, y, self.is_row_max[:, span])

    def first_max_tasks(self) -> Iterator[Task]:
        """Once all maxima are known, reduce the masks of running maxima to the first maximum."""
        if self.is_row_max.size:
            yield from _keep_last_tasks(self.is_max.swapaxes(0, 1))
            yield from _keep_last_tasks(self.is_row_max)
            yield partial(np.logical_and, self.is_max, self.is_row_max[:, None], out=self.is_max)


def _max_tasks(values: Array, out: Array, exceeds: Array) -> Iterator[Task]:
    """out = max over the first axis; exceeds[k] = whether values[k] > max of values[:k]."""
    if len(values) == 1:
        yield partial(np.copyto, out, values[0])
    maximum = values[0]
    for value, mask in zip(values[1:], exceeds[1:], strict=True):
        if mask.size:
            yield partial(np.greater, value, maximum, out=mask)
        yield partial(np.maximum, maximum, value, out=out)
        maximum = out


def _keep_last_tasks(masks: Array) -> Iterator[Task]:
    """Of masks[1:], keep only the last that is True, elementwise; if none is, set masks[0]."""
    first, *others = masks
    if not others:
        yield partial(first.fill, True)
        return
    yield partial(np.logical_not, others[-1], out=first)  # True where no later mask is, so far
    for other in others[-2::-1]:
        yield partial(np.logical_and, other, first, out=other)
        yield partial(np.greater, first, other, out=first)
