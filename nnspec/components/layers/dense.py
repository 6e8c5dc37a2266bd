"""The fully connected layer."""

from __future__ import annotations

from math import prod

from nnspec.components.initializers.constant import Zeros
from nnspec.components.initializers.variance_scaling import GlorotUniform
from nnspec.components.layers.base import (
    ActivationField,
    ConstraintField,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    Weight,
    WeightedLayer,
    split_activation,
)
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_factors
from nnspec.options.types import PositiveInt, Shape


class Dense(WeightedLayer, kind="dense", primary="units"):
    """Fully connected layer: y = activation(x W + b), W of shape (in, units).

    Input (..., in), output (..., units). Parameters: (in + 1) units, without a bias in * units.
    """

    affine = True
    row_independent = True

    units: PositiveInt
    activation: ActivationField = None
    use_bias: bool = True
    kernel_initializer: InitializerField = GlorotUniform.model_construct()
    bias_initializer: InitializerField = Zeros.model_construct()
    kernel_regularizer: RegularizerField = None
    bias_regularizer: RegularizerField = None
    kernel_constraint: ConstraintField = None
    bias_constraint: ConstraintField = None

    examples = (
        Example({"units": 4}, (3,)),
        Example({"units": 2, "use_bias": False}, (5,)),
        Example({"units": 3, "activation": "tanh"}, (4,)),
        Example({"units": 3}, (2, 4)),
        Example({"units": 2, "use_bias": False}, (3, 2, 4)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """(..., in) -> (..., units)."""
        if not x:
            raise ShapeError("dense gets a single number, which has no axis")
        return (*x[:-1], self.units)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The kernel (in, units) and the bias (units)."""
        shape = x[-1], self.units
        kernel = self.kernel_initializer, self.kernel_regularizer, self.kernel_constraint
        weights = {"kernel": Weight(shape, *kernel)}
        if self.use_bias:
            bias = self.bias_initializer, self.bias_regularizer, self.bias_constraint
            weights["bias"] = Weight((self.units,), *bias)
        return weights

    def flops(self, x: Shape) -> int:
        """2 in units for the product, units for the bias, at each place of the other axes."""
        return (2 * x[-1] + self.use_bias) * self.units * prod(x[:-1])

    def formula(self, x: Shape) -> str:
        """(in+1)*units: each unit has a weight per input and a bias."""
        if not self.use_bias:
            return super().formula(x)
        return f"({format_factors(x[-1])}+1)*{self.units}"

    def split(self) -> tuple[Layer, ...]:
        """The affine map, then the activation."""
        return split_activation(self, self.activation)
