"""Parts of a value along one of its axes."""

from __future__ import annotations

from math import prod

from nnspec.components.layers.base import AddLayer, Example, Layer, SymbolicTensor
from nnspec.components.layers.padding import Cropping2D
from nnspec.components.layers.reshaping import Reshape
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape, row_axis


class Slice(Layer, kind="slice", primary="start"):
    """The elements from `start` on and before `stop` along an axis: x[..., start:stop].

    Both count from 0, or from the end as -1, -2, ...; without `stop`, all that follow. `axis`
    counts from 1, or from the end as -1. `slice: {stop: 58}` and `slice: 58` are halves of 116
    channels, as ShuffleNet v2 splits them (Ma et al., 2018). No parameters.
    """

    start: int = 0
    stop: int | None = None
    axis: int = -1

    examples = (
        Example({"start": 2}, (3, 2, 5)),
        Example({"start": -3, "stop": -1, "axis": 1}, (4, 3)),
    )

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        """A cropping of an image whose width is the axis."""
        (x,) = inputs
        axis = row_axis(self.axis, x.shape, self.kind)
        before, size, after = x.shape[:axis], x.shape[axis], x.shape[axis + 1 :]
        start, stop, _ = slice(self.start, self.stop).indices(size)
        if start >= stop:
            end = "the end" if self.stop is None else self.stop
            message = f"slice from {self.start} to {end} leaves nothing of axis {self.axis}"
            raise ShapeError(f"{message} of {format_shape(x.shape)}")
        image = add(Reshape(target_shape=(prod(before), size, prod(after))), x)
        cut = add(Cropping2D(cropping=((0, 0), (start, size - stop))), image)
        return add(Reshape(target_shape=(*before, stop - start, *after)), cut)
