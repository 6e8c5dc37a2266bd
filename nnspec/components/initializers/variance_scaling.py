"""Initializers scaled by fan_in and fan_out: Glorot, He, LeCun."""

from __future__ import annotations

from nnspec.components.initializers.base import Initializer


class GlorotUniform(Initializer, kind="glorot_uniform"):
    """U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010).

    Remark: keeps the variance of outputs and of gradients about the same from layer to layer, for
    sigmoid and tanh.
    """


class GlorotNormal(Initializer, kind="glorot_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / (fan_in + fan_out)).

    Remark: glorot_uniform with the same variance of a normal distribution; for sigmoid and tanh.
    """


class HeUniform(Initializer, kind="he_uniform"):
    """U(-l, l) with l = sqrt(6 / fan_in) (He et al., 2015).

    Remark: keeps the variance of outputs the same from layer to layer, for relu, which drops half
    of it.
    """


class HeNormal(Initializer, kind="he_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / fan_in).

    Remark: he_uniform with the same variance of a normal distribution; for relu.
    """


class LecunUniform(Initializer, kind="lecun_uniform"):
    """U(-l, l) with l = sqrt(3 / fan_in) (LeCun et al., 1998).

    Remark: keeps the variance of outputs the same from layer to layer, for linear units.
    """


class LecunNormal(Initializer, kind="lecun_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(1 / fan_in).

    Remark: lecun_uniform with the same variance of a normal distribution; for linear units.
    """
