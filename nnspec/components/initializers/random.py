"""Initializers with a distribution of given width: uniform, normal, truncated normal."""

from __future__ import annotations

from nnspec.components.initializers.base import Initializer
from nnspec.options.types import NonNegativeFloat, PositiveFloat


class RandomUniform(Initializer, kind="random_uniform"):
    """U(minval, maxval).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_uniform's does.
    """

    minval: float = -0.05
    maxval: float = 0.05


class RandomNormal(Initializer, kind="random_normal", primary="stddev"):
    """N(mean, stddev^2).

    Remark: breaks the symmetry between the neurons of a layer. The width does not fit itself to
    the layer; glorot_normal's does.
    """

    mean: float = 0.0
    stddev: NonNegativeFloat = 0.05


class TruncatedNormal(Initializer, kind="truncated_normal", primary="stddev"):
    """N(mean, stddev^2), drawn again where it is more than two stddev from the mean.

    Not rescaled: its standard deviation is 0.88 stddev, as in Keras.

    Remark: random_normal without the rare large weights that start a neuron saturated.
    """

    mean: float = 0.0
    stddev: PositiveFloat = 0.05
