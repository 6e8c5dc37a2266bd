"""The closed-form least-squares solver."""

from __future__ import annotations

from nnspec.components.optimizers.base import Solver


class LeastSquares(Solver, kind="least_squares"):
    """Closed-form least squares (OLS) of a linear model: the weights where the gradient is 0.

    One dense layer without activation, solved over all training rows at once, in float64:
    W = (X'X)^-1 X'Y, with a column of 1 in X for the bias; of all solutions the one of least norm.
    An L2 penalty on the kernel makes it ridge regression. Its one update needs `train` with
    `epochs: 1` and `batch_size: all`; like any update it reports the loss that was before it.

    Remark: the loss of a linear model is convex, so its first-order condition gives the minimum; a
    network's is not, which is why gradient descent is needed.
    """
