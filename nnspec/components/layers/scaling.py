"""Layers that multiply by numbers and add numbers, given or trained."""

from __future__ import annotations

from math import prod, sqrt
from typing import Annotated, Any

from pydantic import Field, model_validator

from nnspec.components.initializers.constant import Constant
from nnspec.components.layers.base import (
    AddLayer,
    Example,
    Layer,
    RegularizerField,
    SymbolicTensor,
    Weight,
    WeightedLayer,
)
from nnspec.components.layers.reshaping import Permute
from nnspec.errors import ShapeError
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


class Normalization(Layer, kind="normalization"):
    """y = (x - mean) / sqrt(variance), with given numbers: one each, or lists along `axis`.

    A standard deviation below 1e-7 is 1e-7. With `invert`, y = x sqrt(variance) + mean. `axis`
    counts from 1, or from the end as -1, -2, ... A mean and a variance that are computed from the
    training rows are what the step `standardize` of `data` is for: this layer never learns them.
    """

    mean: Numbers
    variance: Variances
    axis: int = -1
    invert: bool = False

    examples = (
        Example({"mean": [0.3, -1.1], "variance": [0.7, 2.1], "axis": 1}, (2, 3)),
        Example({"mean": 0.3, "variance": 0.7, "invert": True}, (4,)),
    )

    @model_validator(mode="after")
    def _of_one_length(self) -> Any:
        """Refuse lists of different lengths."""
        lengths = [len(n) if isinstance(n, tuple) else 0 for n in (self.mean, self.variance)]
        if lengths[0] != lengths[1]:
            raise ValueError("mean and variance are two numbers or two lists of one length")
        return self

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        """A shift and a scaling along the last axis, to which `axis` is moved."""
        (x,) = inputs
        if not isinstance(self.mean, tuple):
            return self._rescaled(add, x)
        axis, rank = row_axis(self.axis, x.shape, self.kind), len(x.shape)
        if x.shape[axis] != len(self.mean):
            message = f"normalization has {len(self.mean)} means for axis {self.axis}"
            raise ShapeError(f"{message} of {format_shape(x.shape)}")
        if axis == rank - 1:
            return self._rescaled(add, x)
        order = list(range(1, rank + 1))
        order[axis], order[-1] = order[-1], order[axis]
        swap = Permute(dims=tuple(order))
        return add(swap, self._rescaled(add, add(swap, x)))

    def _rescaled(self, add: AddLayer, x: SymbolicTensor) -> SymbolicTensor:
        deviation = _each(lambda v: max(sqrt(v), MIN_DEVIATION), self.variance)
        if self.invert:
            return add(Rescaling(scale=deviation, offset=self.mean), x)
        centred = add(Rescaling(scale=1.0, offset=_each(lambda m: -m, self.mean)), x)
        return add(Rescaling(scale=_each(lambda d: 1 / d, deviation)), centred)


def _each(function: Any, numbers: Any) -> Any:
    """A function of a number, or of each of a list."""
    return tuple(map(function, numbers)) if isinstance(numbers, tuple) else function(numbers)
