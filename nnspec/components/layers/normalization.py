"""Normalization layers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from nnspec.components.initializers.constant import Ones, Zeros
from nnspec.components.layers.base import (
    ConstraintField,
    Example,
    InitializerField,
    Layer,
    RegularizerField,
    Weight,
    WeightedLayer,
)
from nnspec.errors import ShapeError
from nnspec.options.shapes import row_axis
from nnspec.options.types import MAX_SIZE, PositiveFloat, Shape, UnitInterval, one_or_more


class AffineNormalization(WeightedLayer):
    """Base class of normalizations whose result is multiplied by gamma, and beta added."""

    if TYPE_CHECKING:  # a subclass lists its options in the order in which they are explained
        center: bool
        scale: bool
        beta_initializer: InitializerField
        gamma_initializer: InitializerField
        beta_regularizer: RegularizerField
        gamma_regularizer: RegularizerField
        beta_constraint: ConstraintField
        gamma_constraint: ConstraintField

    def affine_weights(self, shape: Shape) -> dict[str, Weight]:
        """Gamma with `scale` and beta with `center`, each of this shape."""
        weights = {}
        if self.scale:
            gamma = self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint
            weights["gamma"] = Weight(shape, *gamma)
        if self.center:
            beta = self.beta_initializer, self.beta_regularizer, self.beta_constraint
            weights["beta"] = Weight(shape, *beta)
        return weights


class BatchNormalization(AffineNormalization, kind="batch_normalization"):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel, the axis `axis`.

    In training mean and variance are those of the batch (all other axes; divided by n), and the
    running ones follow: r <- momentum r + (1 - momentum) b. Afterwards the running ones are used;
    with `trainable: false` they are in training too, and stay as they are.
    Any shape; parameters 4 channels, of which gamma and beta are trained
    (Ioffe and Szegedy, 2015; defaults as in Keras). `axis` counts from 1, or from the end as -1.
    """

    affine = True

    axis: int = -1
    momentum: UnitInterval = 0.99
    epsilon: PositiveFloat = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = Zeros.model_construct()
    gamma_initializer: InitializerField = Ones.model_construct()
    moving_mean_initializer: InitializerField = Zeros.model_construct()
    moving_variance_initializer: InitializerField = Ones.model_construct()
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None

    examples = (
        Example({}, (4,)),
        Example({"momentum": 0.9, "epsilon": 1e-5}, (3, 2, 2)),
        Example({"center": False, "scale": False}, (3,)),
        Example({"axis": 1}, (2, 3, 2)),
        Example({"trainable": False, "moving_mean_initializer": "ones"}, (3,)),
    )

    @property
    def normalizes(self) -> bool:  # type: ignore[override]
        """Whether its statistics are those of the batch in training."""
        return self.trainable

    @property
    def row_independent(self) -> bool:  # type: ignore[override]
        """Whether no row changes what another row gives."""
        return not self.trainable

    @property
    def channels_last(self) -> bool:  # type: ignore[override]
        """Whether the channels are the last axis."""
        return self.axis == -1

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; there must be a channel axis."""
        if not x:
            raise ShapeError("batch_normalization gets a single number, which has no channels")
        row_axis(self.axis, x, self.kind)
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Gamma and beta, trained; moving_mean and moving_variance, not. Each (channels)."""
        shape = (x[row_axis(self.axis, x, self.kind)],)
        weights = self.affine_weights(shape)
        weights["moving_mean"] = Weight(shape, self.moving_mean_initializer, trainable=False)
        weights["moving_variance"] = Weight(
            shape, self.moving_variance_initializer, trainable=False
        )
        return weights

    def flops(self, x: Shape) -> int:
        """Difference, product and sum for each element."""
        return 3 * prod(x)

    def formula(self, x: Shape) -> str:
        """4*channels, of which 2*channels are trained."""
        return f"{len(self.weights(x))}*{x[row_axis(self.axis, x, self.kind)]}"

    def bind(self, x: Shape) -> Layer:
        """The axis counted from the end."""
        return self.replace(axis=row_axis(self.axis, x, self.kind) - len(x))


class GroupNormalization(AffineNormalization, kind="group_normalization", primary="groups"):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, of groups of channels of each row.

    Mean and variance (divided by n) are those of a group of channels, the last axis, at all places
    of one row. One group is layer normalization of a whole row, -1 a group for each channel:
    instance normalization (Wu and He, 2018; defaults as in Keras).
    """

    channels_last = True
    normalizes = True
    row_independent = True

    groups: Annotated[int, Field(ge=-1, le=MAX_SIZE)] = 32
    epsilon: PositiveFloat = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = Zeros.model_construct()
    gamma_initializer: InitializerField = Ones.model_construct()
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None

    examples = (
        Example({"groups": 2, "epsilon": 0.01}, (2, 3, 4)),
        Example({"groups": -1, "center": False, "scale": False}, (3, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the channels are divided into equal groups."""
        if not x or self.groups == 0 or x[-1] % (x[-1] if self.groups == -1 else self.groups):
            channels = f"{x[-1]} channels" if x else "a single number"
            message = f"group_normalization divides {channels} into {self.groups} groups"
            raise ShapeError(message, "the number of groups must divide that of the channels")
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Gamma and beta, each (channels)."""
        return self.affine_weights((x[-1],))

    def flops(self, x: Shape) -> int:
        """Mean, variance, quotient, product and sum: seven for each element."""
        return 7 * prod(x)

    def bind(self, x: Shape) -> Layer:
        """The number of groups."""
        return self.replace(groups=int(x[-1])) if self.groups == -1 else self


_Axes = Annotated[tuple[int, ...], Field(min_length=1)]
Axes = Annotated[_Axes, BeforeValidator(one_or_more, json_schema_input_type=int | _Axes)]


class LayerNormalization(AffineNormalization, kind="layer_normalization"):
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta, over `axis` of each row.

    Mean and variance (divided by n) are those of the axes `axis` of one row, in training and
    afterwards. Axes count from 1, or from the end as -1, -2, ... gamma and beta have their sizes
    (Ba et al., 2016; defaults as in Keras).
    """

    normalizes = True
    row_independent = True

    axis: Axes = (-1,)
    epsilon: PositiveFloat = 1e-3
    center: bool = True
    scale: bool = True
    beta_initializer: InitializerField = Zeros.model_construct()
    gamma_initializer: InitializerField = Ones.model_construct()
    beta_regularizer: RegularizerField = None
    gamma_regularizer: RegularizerField = None
    beta_constraint: ConstraintField = None
    gamma_constraint: ConstraintField = None

    examples = (
        Example({}, (4,)),
        Example({"axis": [1, 2, 3], "epsilon": 1e-5}, (3, 2, 2)),
        Example({"axis": 1, "center": False, "scale": False}, (3, 2)),
    )

    def output_shape(self, x: Shape) -> Shape:
        """The shape stays; the axes must exist."""
        self._axes(x)
        return x

    def weights(self, x: Shape) -> dict[str, Weight]:
        """Gamma and beta, each with the sizes of the normalized axes."""
        shape = tuple(x[axis] for axis in self._axes(x))
        return self.affine_weights(shape)

    def flops(self, x: Shape) -> int:
        """Mean, variance, quotient, product and sum: seven for each element."""
        return 7 * prod(x)

    def bind(self, x: Shape) -> Layer:
        """The axes counted from the end, in order."""
        return self.replace(axis=tuple(axis - len(x) for axis in self._axes(x)))

    def _axes(self, x: Shape) -> tuple[int, ...]:
        """Indices in `x` of the normalized axes, in order."""
        axes = sorted({row_axis(axis, x, self.kind) for axis in self.axis})
        if len(axes) != len(self.axis):
            raise ShapeError("layer_normalization names an axis twice")
        return tuple(axes)
