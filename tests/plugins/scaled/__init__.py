"""A plug-in as a package would install it: components of several families."""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from nnspec.components.callbacks.base import Callback
from nnspec.components.initializers.base import Initializer
from nnspec.components.layers.activations import Sigmoid
from nnspec.components.layers.base import (
    ActivationLayer,
    AddLayer,
    Example,
    Layer,
    SymbolicTensor,
)
from nnspec.components.layers.dense import Dense
from nnspec.components.layers.merging import Add, Multiply, Subtract
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.preprocessing.base import Transform
from nnspec.options.types import Shape


class Scaled(Layer, kind="scaled", primary="factor"):
    """y = factor x + shift, on each number."""

    factor: float = Field(gt=0)
    shift: float = 0.0
    digits: tuple[int, ...] = ()

    affine = True
    elementwise = True
    row_independent = True
    examples = (Example({"factor": 2.0, "shift": 1.0}, (3,)),)

    @field_validator("shift")
    @classmethod
    def _shift_is_whole(cls, shift: float) -> float:
        if shift != round(shift):
            raise ValueError("must be a whole number")
        return shift

    @model_validator(mode="after")
    def _factor_above_shift(self) -> Self:
        if self.factor <= self.shift:
            raise ValueError("the factor must be above the shift")
        return self

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return x


class Swish(ActivationLayer, kind="swish"):
    """y = x sigmoid(x)."""

    elementwise = True
    row_independent = True


class Gate(Layer, kind="gate", primary="units"):
    """y = dense(x) sigmoid(dense(x)), by other layers alone."""

    units: int = Field(gt=0)

    def lower(self, add: AddLayer, x: SymbolicTensor) -> SymbolicTensor:
        """The product of a dense layer and a gate."""
        gate = add(Dense(units=self.units, activation=Sigmoid()), x)
        return add(Multiply(), add(Dense(units=self.units), x), gate)


class Mix(Layer, kind="mix"):
    """y = g x + (1 - g) z with g = sigmoid(dense(x)): two inputs, by other layers alone."""

    arity = 2

    def lower(self, add: AddLayer, x: SymbolicTensor, z: SymbolicTensor) -> SymbolicTensor:
        """z + g (x - z)."""
        gate = add(Dense(units=x.shape[-1], activation=Sigmoid()), x)
        return add(Add(), z, add(Multiply(), gate, add(Subtract(), x, z)))


class AreaUnderCurve(Metric, kind="area_under_curve"):
    """The chance that a positive row is ranked above a negative one; ties count half."""

    def update(self, predictions: Any, targets: Any) -> Any:
        """All predictions and targets of a batch."""
        return predictions.reshape(-1), targets.reshape(-1)

    def merge(self, first: Any, second: Any) -> Any:
        """Those of both."""
        import numpy as np

        return tuple(np.concatenate(pair) for pair in zip(first, second, strict=True))

    def result(self, state: Any) -> float:
        """The share of ordered pairs."""
        predictions, targets = state
        positive, negative = predictions[targets > 0.5], predictions[targets <= 0.5]
        differences = positive[:, None] - negative[None, :]
        return float(((differences > 0) + 0.5 * (differences == 0)).mean())


class Cap(Transform, kind="cap"):
    """Numbers limited to at most `top`, if it is not null."""

    top: float | None = 1.0


class Unruled(Layer, kind="unruled"):
    """A layer whose rule's module is missing."""

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays."""
        return x


class LargestWeight(Callback, kind="largest_weight", primary="limit"):
    """Adds the largest |w| so far of all trained weights; ends the training above a limit."""

    limit: float = Field(gt=0)

    def columns(self) -> dict[str, bool]:
        """`largest_weight`."""
        return {"largest_weight": True}

    def stops(self, epochs: Any) -> bool:
        """Whether the last epoch is above the limit."""
        return bool(epochs[-1]["largest_weight"] > self.limit)


class CubicError(Loss, kind="cubic_error"):
    """mean |y - p|^3."""


class Within(Metric, kind="within", primary="distance"):
    """The share of predictions nearer to the target than a distance."""

    distance: float = 0.5


class Diagonal(Initializer, kind="diagonal", primary="value"):
    """The value on the diagonal of a matrix, 0 elsewhere."""

    value: float = 1.0


class Lonely(Initializer, kind="lonely"):
    """An initializer that nothing draws."""
