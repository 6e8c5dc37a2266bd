"""Initial weights: which distribution; the numbers are drawn by `nnspec.randomness`.

fan_in and fan_out are the connections into and out of a unit; for a kernel (*k, in, out) they
are prod(k) in and prod(k) out.
"""

from __future__ import annotations

from nnspec.component import Component
from nnspec.fields import NonNegativeNumber, Number, PositiveNumber


class Initializer(Component):
    """The distribution from which a weight starts."""

    family = "initializer"


class Zeros(Initializer, kind="zeros"):
    """0 everywhere."""


class Ones(Initializer, kind="ones"):
    """1 everywhere."""


class Constant(Initializer, kind="constant", primary="value"):
    """The same value everywhere."""

    value: Number

    example = "{constant: 0.1}"


class RandomUniform(Initializer, kind="random_uniform"):
    """U(minval, maxval)."""

    minval: Number = -0.05
    maxval: Number = 0.05


class RandomNormal(Initializer, kind="random_normal", primary="stddev"):
    """N(mean, stddev^2)."""

    mean: Number = 0.0
    stddev: NonNegativeNumber = 0.05


class TruncatedNormal(Initializer, kind="truncated_normal", primary="stddev"):
    """N(mean, stddev^2), drawn again where it is more than two stddev from the mean.

    Not rescaled: its standard deviation is 0.88 stddev, as in Keras.
    """

    mean: Number = 0.0
    stddev: PositiveNumber = 0.05


class GlorotUniform(Initializer, kind="glorot_uniform"):
    """U(-l, l) with l = sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio, 2010)."""


class GlorotNormal(Initializer, kind="glorot_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / (fan_in + fan_out))."""


class HeUniform(Initializer, kind="he_uniform"):
    """U(-l, l) with l = sqrt(6 / fan_in) (He et al., 2015)."""


class HeNormal(Initializer, kind="he_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(2 / fan_in)."""


class LecunUniform(Initializer, kind="lecun_uniform"):
    """U(-l, l) with l = sqrt(3 / fan_in) (LeCun et al., 1998)."""


class LecunNormal(Initializer, kind="lecun_normal"):
    """Normal truncated at two sigma, with standard deviation sqrt(1 / fan_in)."""
