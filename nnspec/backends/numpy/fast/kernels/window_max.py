"""The largest of a window's places, and which of them comes first: steps for both poolings.

Each row of the window first, all rows at once, then the rows: few calls on much, since Python's
lock changes hands at each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from nnspec.backends.contract import Array
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.huge_pages import empty
from nnspec.options.types import Shape


class WindowMax:
    """`places[i, j]` says where the first of the largest is at row i, column j of the window.

    Outside of training nothing is kept. `rows` says the same of the window's rows.
    """

    def __init__(self, pool: Shape, shape: Shape, training: bool) -> None:
        kept = shape if training else (0,) * len(shape)
        self.places, self.rows = empty((*pool, *kept), bool), empty((pool[0], *kept), bool)

    def find(
        self, places: Array, of_rows: Array, y: Array, part: slice = slice(None)
    ) -> Iterator[Task]:
        """y = the largest of places (height, width, ...), for a part of what there is.

        `of_rows`, (height, ...), gets the largest of each row; it may be the places' first column.
        """
        won = self.places[:, :, part].swapaxes(0, 1)
        yield from _largest(places.swapaxes(0, 1), of_rows, won)
        yield from _largest(of_rows, y, self.rows[:, part])

    def settle(self) -> Iterator[Task]:
        """Once all parts are found: from what exceeds all before it to the first of the largest."""
        if self.rows.size:
            yield from _last(self.places.swapaxes(0, 1))
            yield from _last(self.rows)
            yield partial(np.logical_and, self.places, self.rows[:, None], out=self.places)


def _largest(values: Array, out: Array, exceeds: Array) -> Iterator[Task]:
    """The largest along the first axis, and, where there is room, which exceed all before."""
    if len(values) == 1:
        yield partial(np.copyto, out, values[0])
    before = values[0]
    for value, above in zip(values[1:], exceeds[1:], strict=True):
        if above.size:
            yield partial(np.greater, value, before, out=above)
        yield partial(np.maximum, before, value, out=out)
        before = out


def _last(said: Array) -> Iterator[Task]:
    """Of what is said from the second on, only the last stays; the first, if none is."""
    first, *others = said
    if not others:
        yield partial(first.fill, True)
        return
    yield partial(np.logical_not, others[-1], out=first)  # `first` is where none is so far
    for other in others[-2::-1]:
        yield partial(np.logical_and, other, first, out=other)
        yield partial(np.greater, first, other, out=first)
