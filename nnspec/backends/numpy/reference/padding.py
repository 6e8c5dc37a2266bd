"""Rules of zero padding and cropping."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.padding import Cropping, ReflectionPadding, ZeroPadding
from nnspec.options.shapes import Pads


def zero_padding(layer: ZeroPadding, _: RuleContext) -> Forward:
    """y = x between zeros; dx = dy inside them."""
    widths = ((0, 0), *layer.padding, (0, 0))

    def forward(x: Array) -> tuple[Array, Backward]:
        return np.pad(x, widths), lambda dy: (dy[_inside(dy, widths)],)

    return forward


def reflection_padding(layer: ReflectionPadding, _: RuleContext) -> Forward:
    """y = x reflected at its border; dx = the sum of dy over the copies of each value."""
    widths = ((0, 0), *layer.padding, (0, 0))

    def forward(x: Array) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[Array]:
            for axis, pads in enumerate(layer.padding, 1):
                places = np.pad(np.arange(x.shape[axis]), pads, "reflect")
                dy = _sum_of_reflections(dy, axis, places)
            return (dy,)

        return np.pad(x, widths, "reflect"), backward

    return forward


def _sum_of_reflections(dy: Array, axis: int, places: Array) -> Array:
    """The sum of dy over an axis' places that are copies of the same one."""
    moved = np.moveaxis(dy, axis, 0)
    dx = np.zeros((places.max() + 1, *moved.shape[1:]), dy.dtype)
    np.add.at(dx, places, moved)
    return np.moveaxis(dx, 0, axis)


def cropping(layer: Cropping, _: RuleContext) -> Forward:
    """y = x inside its border; dx = dy between zeros."""
    widths = ((0, 0), *layer.cropping, (0, 0))

    def forward(x: Array) -> tuple[Array, Backward]:
        return x[_inside(x, widths)], lambda dy: (np.pad(dy, widths),)

    return forward


def _inside(x: Array, widths: Pads) -> tuple[slice, ...]:
    """The slices of an array without so much before and after each axis."""
    return tuple(
        slice(before, size - after) for (before, after), size in zip(widths, x.shape, strict=True)
    )
