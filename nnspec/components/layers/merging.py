"""Layers that merge two or more values into one."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator

from nnspec.components.layers.base import Example, Layer
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape, row_axis
from nnspec.options.types import Shape
from nnspec.options.unknown_size import agreed_sizes

_EXAMPLES = (
    Example({}, (4,), ((4,),)),
    Example({}, (3, 2, 2), ((3, 2, 2), (3, 2, 2))),
    Example({}, (3, 2, 4), ((1, 1, 4),)),
)


class Merge(Layer):
    """A function of several values, element by element; an axis of size 1 is repeated to fit."""

    arity: ClassVar[int | None] = None
    row_independent = True

    examples: ClassVar[tuple[Example, ...]] = _EXAMPLES

    def output_shape(self, *inputs: Shape) -> Shape:
        """The inputs' common shape, in which an axis of size 1 fits any size."""
        sizes = agreed_sizes(set(axis) - {1} or {1} for axis in zip(*inputs, strict=False))
        if len({len(x) for x in inputs}) > 1 or sizes is None:
            shapes = " and ".join(dict.fromkeys(map(format_shape, inputs)))
            raise ShapeError(f"{self.kind} gets {shapes}", "its inputs must have one shape")
        return sizes

    def flops(self, *inputs: Shape) -> int:
        """One for each element, for each input after the first."""
        return (len(inputs) - 1) * prod(self.output_shape(*inputs))


class Add(Merge, kind="add"):
    """Sum: y = x_1 + x_2 + ..."""

    affine = True


class Subtract(Merge, kind="subtract"):
    """Difference: y = x_1 - x_2."""

    affine = True
    arity = 2
    examples = (Example({}, (4,), ((4,),)), Example({}, (3, 2, 4), ((1, 1, 4),)))


class Multiply(Merge, kind="multiply"):
    """Product: y = x_1 x_2 ..."""


class Average(Merge, kind="average"):
    """Mean: y = (x_1 + x_2 + ... + x_n) / n."""

    affine = True

    def flops(self, *inputs: Shape) -> int:
        """A sum and a quotient for each element."""
        return super().flops(*inputs) + prod(self.output_shape(*inputs))


class Maximum(Merge, kind="maximum"):
    """Largest: y = max(x_1, x_2, ...). The gradient of a tie goes to the first input."""


class Minimum(Merge, kind="minimum"):
    """Smallest: y = min(x_1, x_2, ...). The gradient of a tie goes to the first input."""


class Concatenate(Layer, kind="concatenate", primary="axis"):
    """The inputs one after the other along an axis.

    `axis` counts the axes of a row from 1, or from the end as -1, -2, ...
    """

    affine = True
    arity = None
    keeps_dtype = True
    row_independent = True

    axis: int = -1

    examples = (
        Example({}, (4,), ((3,),)),
        Example({}, (3, 2, 2), ((3, 2, 1), (3, 2, 3))),
        Example({"axis": 1}, (2, 3), ((4, 3),)),
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        """The inputs' shape, with their sizes along the axis added up."""
        first = inputs[0]
        axis = row_axis(self.axis, first, self.kind)
        rest = ((*x[:axis], *x[axis + 1 :]) for x in inputs)
        sizes = agreed_sizes(zip(*rest, strict=False))
        if {len(x) for x in inputs} != {len(first)} or sizes is None:
            shapes = " and ".join(dict.fromkeys(map(format_shape, inputs)))
            hint = f"all axes but {self.axis} must be equal"
            raise ShapeError(f"concatenate gets {shapes}", hint)
        return (*sizes[:axis], sum(x[axis] for x in inputs), *sizes[axis:])

    def flops(self, *inputs: Shape) -> int:
        """Nothing is computed."""
        return 0

    def bind(self, *inputs: Shape) -> Layer:
        """The axis counted from the end."""
        first = inputs[0]
        return self.replace(axis=row_axis(self.axis, first, self.kind) - len(first))


def _one_for_both(value: Any) -> Any:
    """`1` means (1, 1)."""
    return (value, value) if isinstance(value, int) else value


class Dot(Layer, kind="dot", primary="axes"):
    """Product of two values, summed over an axis of each: y_ab = sum_k x_ka z_kb.

    `axes` are one axis of each input (or one for both), counted from 1, or from the end as -1. With
    `normalize` both are divided by their length along the axis first: the cosine of their angle.
    Two vectors give (1), otherwise the other axes of the first and then of the second.
    """

    arity = 2
    row_independent = True

    axes: Annotated[
        tuple[int, int],
        BeforeValidator(_one_for_both, json_schema_input_type=int | tuple[int, int]),
    ] = (-1, -1)
    normalize: bool = False

    examples = (
        Example({}, (4,), ((4,),)),
        Example({"normalize": True}, (4,), ((4,),)),
        Example({"axes": [2, 1]}, (3, 4), ((4, 2),)),
        Example({"axes": 1}, (3, 4), ((3,),)),
    )

    def output_shape(self, *inputs: Shape) -> Shape:
        """The axes that are not summed over; (1) where there is none."""
        x, z = inputs
        i, k = row_axis(self.axes[0], x, self.kind), row_axis(self.axes[1], z, self.kind)
        if x[i] != z[k]:
            raise ShapeError(
                f"dot sums over {x[i]} numbers of the first input and {z[k]} of the second",
                "these axes must be equal",
            )
        return (*x[:i], *x[i + 1 :], *z[:k], *z[k + 1 :]) or (1,)

    def flops(self, *inputs: Shape) -> int:
        """A product and a sum for each pair of numbers."""
        x, axis = inputs[0], row_axis(self.axes[0], inputs[0], self.kind)
        return 2 * x[axis] * prod(self.output_shape(*inputs))

    def bind(self, *inputs: Shape) -> Layer:
        """The axes counted from the end."""
        axes = tuple(
            row_axis(axis, x, self.kind) - len(x) for axis, x in zip(self.axes, inputs, strict=True)
        )
        return self.replace(axes=axes)
