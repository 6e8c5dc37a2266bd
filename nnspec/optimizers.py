"""Optimizers: how a gradient g changes a weight w, t counting updates from 1; and a closed form.

Before the rule of an optimizer, in this order, as in Keras: gradients are clipped, then
`weight_decay` d shrinks every trained weight by itself, w <- w - learning_rate d w.
"""

from __future__ import annotations

from math import sqrt

from nnspec.component import Component
from nnspec.fields import Fraction, NonNegativeNumber, PositiveNumber, Truth
from nnspec.schedules import Rate, rate_at


class Fit(Component):
    """A way to the weights that make the loss small."""

    family = "optimizer"


class LeastSquares(Fit, kind="least_squares"):
    """The closed form of a linear model with a squared loss: where the gradient is 0 (OLS).

    One dense layer without activation, solved over all training rows at once, in float64:
    W = (X'X)^-1 X'Y, with a column of 1 in X for the bias; of all solutions the one of least norm.
    An L2 penalty on the kernel makes it ridge regression. Its one update needs `train` with
    `epochs: 1` and `batch_size: all`; like any update it reports the loss that was before it.

    Remark: the loss of a linear model is convex, so its first-order condition gives the minimum; a
    network's is not, which is why gradient descent is needed.
    """


class Optimizer(Fit):
    """A rule that changes weights by their gradients.

    `clipvalue` c limits each number of a gradient to [-c, c]; `clipnorm` each weight's gradient
    to the norm c; `global_clipnorm` all gradients together: g <- g c / max(norm, c).
    """

    learning_rate: Rate = 0.01
    weight_decay: NonNegativeNumber = 0.0
    clipvalue: PositiveNumber | None = None
    clipnorm: PositiveNumber | None = None
    global_clipnorm: PositiveNumber | None = None

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        if sum(c is not None for c in (self.clipvalue, self.clipnorm, self.global_clipnorm)) > 1:
            raise ValueError("only one of clipvalue, clipnorm and global_clipnorm can be set")

    @property
    def slots(self) -> tuple[str, ...]:
        """The arrays that it keeps for each weight, of the weight's shape, starting at 0."""
        return ()

    def rate(self, step: int) -> float:
        """The learning rate of the update that `step` updates came before."""
        return rate_at(self.learning_rate, step)


class SGD(Optimizer, kind="sgd", primary="learning_rate"):
    """Stochastic gradient descent: w <- w - learning_rate g.

    With momentum m: v <- m v - learning_rate g, w <- w + v; with `nesterov`,
    w <- w + m v - learning_rate g (Sutskever et al., 2013), as in Keras.

    Remark: subtracts where the gradient is positive, adds where it is negative, until it is 0. A
    learning rate that is too big overshoots and may diverge, one that is too small converges
    slowly; it is usually between 0 and 1. `nnspec loss-surface` shows it. With
    `batch_size: all` it is plain gradient descent.
    """

    learning_rate: Rate = 0.01
    momentum: Fraction = 0.0
    nesterov: Truth = False

    def verify(self) -> None:
        """Options that do not fit together are refused."""
        if self.nesterov and not self.momentum:
            raise ValueError("nesterov needs a momentum above 0")

    @property
    def slots(self) -> tuple[str, ...]:
        """`momentum`: the velocity v."""
        return ("momentum",) if self.momentum else ()


class RMSprop(Optimizer, kind="rmsprop", primary="learning_rate"):
    """v <- rho v + (1 - rho) g^2, w <- w - learning_rate g / sqrt(v + epsilon) (Hinton, 2012).

    With `centered`, a <- rho a + (1 - rho) g and v - a^2 stands in place of v. With momentum m,
    b <- m b + the step, w <- w - b.

    Remark: divides by the gradient's recent size, so each weight has its own learning rate, and
    the scale of the loss matters little.
    """

    learning_rate: Rate = 0.001
    rho: Fraction = 0.9
    momentum: Fraction = 0.0
    epsilon: PositiveNumber = 1e-7
    centered: Truth = False

    @property
    def slots(self) -> tuple[str, ...]:
        """`velocity` v, `momentum` b, `average_gradient` a."""
        momentum = ("momentum",) if self.momentum else ()
        return ("velocity", *momentum, *(("average_gradient",) if self.centered else ()))


class AdamRule(Optimizer):
    """What Adam and AdamW share."""

    learning_rate: Rate = 0.001
    beta_1: Fraction = 0.9
    beta_2: Fraction = 0.999
    epsilon: PositiveNumber = 1e-7

    @property
    def slots(self) -> tuple[str, ...]:
        """`momentum` m and `velocity` v."""
        return ("momentum", "velocity")

    def correction(self, step: int) -> float:
        """sqrt(1 - beta_2^t) / (1 - beta_1^t) for the update that `step` updates came before."""
        t = step + 1
        return sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)


class Adam(AdamRule, kind="adam", primary="learning_rate"):
    """Adaptive moment estimation: m <- m + (1 - beta_1) (g - m), v <- v + (1 - beta_2) (g^2 - v),
    w <- w - learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)
    (Kingma and Ba, 2015, with the epsilon of its section 2, as in Keras).

    Remark: rmsprop with momentum, both corrected for their start at 0. It often needs less choice
    of a learning rate than sgd.
    """


class AdamW(AdamRule, kind="adamw", primary="learning_rate"):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019).

    w <- w - learning_rate weight_decay w before the rule of `adam`.

    Remark: the decay is the same for every weight; a regularizer's would be divided by the
    gradient's size like the rest of the gradient.
    """

    weight_decay: NonNegativeNumber = 0.004
