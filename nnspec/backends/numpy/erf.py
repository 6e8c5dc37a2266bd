"""The error function, which NumPy lacks.

erf(x) = 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x, by the rational approximations of
W. J. Cody, Rational Chebyshev Approximations for the Error Function, Math. Comp. 23 (1969). For
|x| <= 0.55 it is x P(x^2) / Q(x^2), written as x + x (P - Q) / Q, whose rounding errors are
smaller; elsewhere 1 - e^(-x^2) R(|x|) / S(|x|) with the sign of x. In float64 it is within 2 units
in the last place.
"""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array

_SMALL, _ONE = 0.55, 6.0  # up to where the first one holds; from where erf rounds to 1

# Coefficients, that of the highest power first.
_P_MINUS_Q = (
    -0.814222293815396847, -20.4401672084735553, -130.160483783394017,
    -905.131288392070259, 365.14075569929885,
)  # fmt: skip
_Q = (
    1.0, 23.6012909523441209, 244.024637934444173, 1282.61652607737228, 2844.23683343917062,
)  # fmt: skip
_R = (
    2.15311535474403846e-8, 0.564188496988670089, 8.88314979438837594, 66.1191906371416295,
    298.635138197400131, 881.952221241769090, 1712.04761263407058, 2051.07837782607147,
    1230.33935479799725,
)  # fmt: skip
_S = (
    1.0, 15.7449261107098347, 117.693950891312499, 537.181101862009858, 1621.38957456669019,
    3290.79923573345963, 4362.61909014324716, 3439.36767414372164, 1230.33935480374942,
)  # fmt: skip


def erf(x: Array) -> Array:
    """The error function of each element of an array of floats, in its type."""
    y = np.empty_like(x)
    small = np.abs(x) <= _SMALL
    y[small] = _near_zero(x[small])
    y[~small] = _away_from_zero(x[~small])
    return y


def _near_zero(x: Array) -> Array:
    square = x * x
    return x + x * (_polynomial(_P_MINUS_Q, square) / _polynomial(_Q, square))


def _away_from_zero(x: Array) -> Array:
    size = np.minimum(np.abs(x), _ONE)
    complement = np.exp(-size * size) * (_polynomial(_R, size) / _polynomial(_S, size))
    return np.copysign(1 - complement, x)


def _polynomial(coefficients: tuple[float, ...], x: Array) -> Array:
    """The value of a polynomial, by Horner's rule."""
    y = np.full_like(x, coefficients[0])
    for coefficient in coefficients[1:]:
        y *= x
        y += coefficient
    return y
