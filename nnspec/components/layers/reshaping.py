"""Layers that change the shape and nothing else."""

from __future__ import annotations

from math import prod
from typing import Annotated

from pydantic import BeforeValidator, Field

from nnspec.components.layers.base import AddLayer, Example, Layer, SymbolicTensor
from nnspec.errors import ShapeError
from nnspec.options.shapes import Product, format_shape
from nnspec.options.types import MAX_SIZE, PositiveInt, Shape, one_or_more
from nnspec.options.unknown_size import has_unknown, is_unknown

_Size = Annotated[int, Field(ge=-1, le=MAX_SIZE)]
Target = Annotated[
    tuple[_Size, ...],
    BeforeValidator(one_or_more, json_schema_input_type=_Size | tuple[_Size, ...]),
]


class Flatten(Layer, kind="flatten"):
    """All elements of a row as one axis, in row-major (height, width, channel) order."""

    affine = True
    identity = True
    keeps_dtype = True
    row_independent = True

    examples = (Example({}, (2, 3, 2)), Example({}, (4,)))

    def output_shape(self, x: Shape) -> Shape:
        """(a, b, ...) -> (a b ...)."""
        return x if len(x) == 1 else (Product.of(x),)

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0


class Reshape(Layer, kind="reshape", primary="target_shape"):
    """The same elements, in row-major order, in another shape; one size may be -1."""

    affine = True
    identity = True
    keeps_dtype = True
    row_independent = True

    target_shape: Target

    examples = (
        Example({"target_shape": [3, 4]}, (2, 6)),
        Example({"target_shape": [2, -1]}, (4, 3)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The target shape with -1 worked out."""
        return reshaped_shape(x, self.target_shape)

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0

    def bind(self, x: Shape) -> Layer:
        """The target shape with -1 worked out."""
        return self.replace(target_shape=self.output_shape(x))


def reshaped_shape(x: Shape, target: Shape) -> Shape:
    """`target` with its -1 worked out for the elements of `x`; a ShapeError if they do not fit."""
    known = prod(size for size in target if size != -1)
    holes = target.count(-1)
    fits = prod(x) % known == 0 if holes and known else prod(x) == known
    if not (fits or has_unknown(x)) or holes > 1 or 0 in target:
        message = (
            f"{format_shape(x)} has {prod(x):,} elements and cannot become {format_shape(target)}"
        )
        raise ShapeError(message, "at most one size is -1" if holes > 1 else "")
    if len(target) == 1 and not has_unknown(x):
        return (Product.of(x),)
    return tuple(prod(x) // known if size == -1 else size for size in target)


class Permute(Layer, kind="permute", primary="dims"):
    """The same elements with the axes in another order: axis i of the output is axis dims[i].

    Axes of a row count from 1: `permute: [2, 1]` transposes a matrix.
    """

    affine = True
    keeps_dtype = True
    row_independent = True

    dims: Annotated[tuple[PositiveInt, ...], Field(min_length=1)]

    examples = (Example({"dims": [2, 1]}, (3, 4)), Example({"dims": [3, 1, 2]}, (2, 3, 4)))

    def output_shape(self, x: Shape) -> Shape:
        """The sizes in the new order."""
        if sorted(self.dims) != list(range(1, len(x) + 1)):
            axes = ", ".join(str(axis) for axis in range(1, len(x) + 1))
            message = f"permute: {list(self.dims)} is no order of the axes of {format_shape(x)}"
            raise ShapeError(message, f"name each of {axes} once")
        return tuple(x[axis - 1] for axis in self.dims)

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0


class RepeatVector(Layer, kind="repeat_vector", primary="n"):
    """The same vector n times: (features) -> (n, features)."""

    affine = True
    keeps_dtype = True
    row_independent = True

    n: PositiveInt

    examples = (Example({"n": 3}, (4,)),)

    def output_shape(self, x: Shape) -> Shape:
        """(features) -> (n, features)."""
        if len(x) != 1:
            raise ShapeError(
                f"repeat_vector repeats a vector and gets {format_shape(x)}", "flatten it first"
            )
        return (self.n, x[0])

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0


class ChannelShuffle(Layer, kind="channel_shuffle", primary="groups"):
    """The channels, the last axis, in another order: the first of each group, the second, ...

    Between convolutions with `groups` it lets each read what several groups give (Zhang et al.,
    2018): with 2 groups (a b c d) becomes (a c b d). PyTorch's layer of this name, channels last.
    """

    groups: PositiveInt

    examples = (Example({"groups": 2}, (2, 3, 6)),)

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        """Channels as a matrix of a row for each group, which is transposed."""
        (x,) = inputs
        shape = x.shape
        if not shape or shape[-1] % self.groups:
            channels = f"{shape[-1]} channels" if shape else "a single number"
            raise ShapeError(
                f"channel_shuffle divides {channels} into {self.groups} groups",
                "the number of groups must divide that of the channels",
            )
        target = _target(shape, self.kind)
        places, width = target[:-1], target[-1]
        size = width if width == -1 else width // self.groups
        matrix = add(Reshape(target_shape=(*places, self.groups, size)), x)
        rank = len(shape)
        order = (*range(1, rank), rank + 1, rank)
        return add(Reshape(target_shape=target), add(Permute(dims=order), matrix))


def _target(shape: Shape, kind: str) -> Shape:
    """A shape as the target of `reshape`: -1 for a size that is open."""
    target = tuple(-1 if is_unknown(size) else size for size in shape)
    if target.count(-1) > 1:
        raise ShapeError(f"{kind} gets {format_shape(shape)}", "only one of its sizes may be open")
    return target
