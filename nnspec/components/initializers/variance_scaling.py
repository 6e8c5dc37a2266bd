"""Initializers scaled by fan_in and fan_out: Glorot, He, LeCun, and the general form."""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from nnspec.components.initializers.base import MAX_FLOAT32, Initializer

Fan = Literal["fan_in", "fan_out", "fan_avg"]
Distribution = Literal["truncated_normal", "untruncated_normal", "uniform"]


class Scaling(NamedTuple):
    """A distribution with the variance scale / fan."""

    scale: float
    mode: Fan
    distribution: Distribution


class ScaledInitializer(Initializer):
    """Base class: a distribution around 0 whose variance is scaled by the layer's connections."""

    @property
    def scaling(self) -> Scaling:
        """The distribution and its variance."""
        raise TypeError(f"{type(self).__name__} lacks a scaling")


class VarianceScaling(ScaledInitializer, kind="variance_scaling", primary="scale"):
    """A distribution with mean 0 and variance scale / n, as in Keras.

    n is fan_in, fan_out, or their mean for `fan_avg`. `truncated_normal` is truncated at two sigma
    and widened to that variance, `untruncated_normal` is N(0, scale / n), `uniform` is U(-l, l)
    with l = sqrt(3 scale / n).

    Remark: he_normal has scale 2, lecun_normal scale 1, glorot_normal scale 1 with fan_avg.
    """

    scale: Annotated[float, Field(gt=0, le=MAX_FLOAT32)] = 1.0
    mode: Fan = "fan_in"
    distribution: Distribution = "truncated_normal"

    @property
    def scaling(self) -> Scaling:
        """The options."""
        return Scaling(self.scale, self.mode, self.distribution)


class GlorotUniform(ScaledInitializer, kind="glorot_uniform"):
    """U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Remark: keeps the variance of outputs and of gradients about the same from layer to layer, for
    sigmoid and tanh.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 1 / fan_avg."""
        return Scaling(1.0, "fan_avg", "uniform")


class GlorotNormal(ScaledInitializer, kind="glorot_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / (fan_in + fan_out)).

    Remark: glorot_uniform with the same variance of a normal distribution; for sigmoid and tanh.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 1 / fan_avg."""
        return Scaling(1.0, "fan_avg", "truncated_normal")


class HeUniform(ScaledInitializer, kind="he_uniform"):
    """U(-l, l) with l = sqrt(6 / fan_in) (He et al., 2015).

    Remark: keeps the variance of outputs the same from layer to layer, for relu, which drops half
    of it.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 2 / fan_in."""
        return Scaling(2.0, "fan_in", "uniform")


class HeNormal(ScaledInitializer, kind="he_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / fan_in).

    Remark: he_uniform with the same variance of a normal distribution; for relu.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 2 / fan_in."""
        return Scaling(2.0, "fan_in", "truncated_normal")


class LecunUniform(ScaledInitializer, kind="lecun_uniform"):
    """U(-l, l) with l = sqrt(3 / fan_in) (LeCun et al., 1998).

    Remark: keeps the variance of outputs the same from layer to layer, for linear units.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 1 / fan_in."""
        return Scaling(1.0, "fan_in", "uniform")


class LecunNormal(ScaledInitializer, kind="lecun_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(1 / fan_in).

    Remark: lecun_uniform with the same variance of a normal distribution; for linear units.
    """

    @property
    def scaling(self) -> Scaling:
        """Variance 1 / fan_in."""
        return Scaling(1.0, "fan_in", "truncated_normal")
