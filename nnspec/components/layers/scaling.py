"""Layers that multiply by numbers and add numbers, given or trained."""

from __future__ import annotations

from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from nnspec.components.initializers.constant import Constant, Ones, Zeros
from nnspec.components.layers.base import (
    Example,
    Layer,
    RegularizerField,
    Weight,
    WeightedLayer,
)
from nnspec.errors import ShapeError
from nnspec.options.messages import ExpectedForm
from nnspec.options.shapes import format_shape, row_axis
from nnspec.options.types import NonNegativeFloat, Shape

MIN_DEVIATION = 1e-7  # a smaller standard deviation is this, as in Keras

Numbers = float | Annotated[tuple[float, ...], Field(min_length=1)]
Variances = NonNegativeFloat | Annotated[tuple[NonNegativeFloat, ...], Field(min_length=1)]


class LayerScale(WeightedLayer, kind="layer_scale", primary="init_values"):
    """y = gamma x, with a trained gamma for each channel, the last axis, from init_values on.

    At the end of the layers of a `residual` a small gamma lets these begin with little effect
    (Touvron et al., 2021; the start 1e-6 as in ConvNeXt).
    """

    affine = True
    channels_last = True
    row_independent = True

    init_values: float = 1e-6
    gamma_regularizer: RegularizerField = None

    examples = (Example({"init_values": 0.7}, (3, 2, 2)),)

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; there must be a channel axis."""
        if not x:
            raise ShapeError("layer_scale gets a single number, which has no channels")
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Gamma, of the size of the last axis."""
        return {"gamma": Weight((x[-1],), Constant(value=self.init_values), self.gamma_regularizer)}


class Rescaling(Layer, kind="rescaling", primary="scale"):
    """y = scale x + offset, with one number for all, or a list of one for each channel.

    Channels are the last axis. For numbers that are prepared once, before training, there are
    `divide` and other steps of `data`.
    """

    affine = True
    row_independent = True

    scale: Numbers
    offset: Numbers = 0.0

    examples = (
        Example({"scale": 0.3, "offset": -0.7}, (4,)),
        Example({"scale": [0.3, -1.1], "offset": [0.1, 0.7]}, (3, 2, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; a list has a number for each channel."""
        for name in ("scale", "offset"):
            numbers = getattr(self, name)
            if isinstance(numbers, tuple) and (not x or len(numbers) != x[-1]):
                message = f"rescaling has {len(numbers)} numbers as its {name}"
                raise ShapeError(f"{message}, and its input is {format_shape(x)}")
        return x

    def flops(self, x: Shape) -> int:
        """A product and a sum for each element."""
        return 2 * prod(x)


def _only_of_list(value: Any) -> Any:
    """`[3]` means 3, as in a file of Keras."""
    return value[0] if isinstance(value, list | tuple) and len(value) == 1 else value


OneAxis = Annotated[
    int,
    BeforeValidator(_only_of_list, json_schema_input_type=int | tuple[int]),
    ExpectedForm("a whole number"),
]


class Normalization(Layer, kind="normalization"):
    """y = (x - mean) / sqrt(variance), with a number for each place along `axis`, or one for all.

    A standard deviation below 1e-7 is 1e-7. With `invert`, y = x sqrt(variance) + mean. `axis`
    counts from 1, or from the end as -1, -2, ... Without `mean` and `variance` these are weights
    that are never trained, of 0 and 1 at the start, with a `count` beside them, as Keras keeps
    them: 2 n + 1 parameters, which the weights of a trained network fill. Numbers that are computed
    from the training rows are what the step `standardize` of `data` is for.
    """

    affine = True
    row_independent = True

    mean: Numbers | None = None
    variance: Variances | None = None
    axis: OneAxis = -1
    invert: bool = False

    examples = (
        Example({"mean": [0.3, -1.1], "variance": [0.7, 2.1], "axis": 1}, (2, 3)),
        Example({"mean": 0.3, "variance": 0.7, "invert": True}, (4,)),
        Example({}, (3, 2)),
    )

    @model_validator(mode="after")
    def _of_one_length(self) -> Any:
        """Refuse lists of different lengths, and one without the other."""
        lengths = [_length(numbers) for numbers in (self.mean, self.variance)]
        if lengths[0] != lengths[1]:
            raise ValueError("mean and variance are two numbers or two lists of one length")
        return self

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; a list has a number for each place of the axis."""
        numbers = self.broadcast_shape(x)
        if isinstance(self.mean, tuple) and prod(numbers) != len(self.mean):
            message = f"normalization has {len(self.mean)} means for axis {self.axis}"
            raise ShapeError(f"{message} of {format_shape(x)}")
        return x

    def broadcast_shape(self, x: Shape) -> Shape:
        """The shape of the numbers that fits `x`: its size along the axis, else 1."""
        if isinstance(self.mean, float):
            return (1,) * len(x)
        axis = row_axis(self.axis, x, self.kind)
        return tuple(size if i == axis else 1 for i, size in enumerate(x))

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Without given numbers mean and variance, of the size of the axis, and a count ()."""
        if self.mean is not None:
            return {}
        shape = (prod(self.broadcast_shape(x)),)
        return {
            "mean": Weight(shape, Zeros(), trainable=False),
            "variance": Weight(shape, Ones(), trainable=False),
            "count": Weight((), Zeros(), trainable=False),
        }

    def flops(self, x: Shape) -> int:
        """A difference and a quotient for each element."""
        return 2 * prod(x)

    def formula(self, x: Shape) -> str:
        """2*n+1, or nothing where the numbers are given."""
        return "" if self.mean is not None else f"2*{prod(self.broadcast_shape(x))}+1"


def _length(numbers: Any) -> int | None:
    """The length of a list, 0 of a number, None of nothing."""
    return None if numbers is None else len(numbers) if isinstance(numbers, tuple) else 0
