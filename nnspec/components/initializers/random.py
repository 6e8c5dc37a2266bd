"""Initializers with a distribution of given width: uniform, normal, truncated normal."""

from __future__ import annotations

from nnspec.components.initializers.base import Initializer
from nnspec.options.types import NonNegativeNumber, Number, PositiveNumber


class RandomUniform(Initializer, kind="random_uniform"):
    """U(minval, maxval).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_uniform's does.
    """

    minval: Number = -0.05
    maxval: Number = 0.05


class RandomNormal(Initializer, kind="random_normal", primary="stddev"):
    """N(mean, stddev^2).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_normal's does.
    """

    mean: Number = 0.0
    stddev: NonNegativeNumber = 0.05


class TruncatedNormal(Initializer, kind="truncated_normal", primary="stddev"):
    """N(mean, stddev^2), drawn again where it is more than two stddev from the mean.

    Not rescaled: its standard deviation is 0.88 stddev, as in Keras.

    Remark: random_normal without the rare large weights that start a neuron saturated.
    """

    mean: Number = 0.0
    stddev: PositiveNumber = 0.05
