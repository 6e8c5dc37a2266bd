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
    """0 everywhere.

    Remark: for biases. Kernels that are all 0 get no gradient where the activation of 0 is 0
    (tanh, relu), so that only the output's bias learns; with sigmoid the output's kernel does too.
    """


class Ones(Initializer, kind="ones"):
    """1 everywhere.

    Remark: equal weights keep the neurons of a layer equal for ever; only a random start breaks
    the symmetry.
    """


class Constant(Initializer, kind="constant", primary="value"):
    """The same value everywhere.

    Remark: equal weights keep the neurons of a layer equal for ever; only a random start breaks
    the symmetry.
    """

    value: Number

    example = "{constant: 0.1}"


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
