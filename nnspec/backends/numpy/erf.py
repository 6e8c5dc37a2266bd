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

Coefficients = tuple[float, ...]

_SMALL, _ONE = 0.55, 6.0  # up to where the first one holds; from where erf rounds to 1
_BLOCK = 1 << 14

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
    flat = np.ascontiguousarray(x).reshape(-1)
    y = np.empty_like(flat)
    for start in range(0, len(flat), _BLOCK):
        block = slice(start, start + _BLOCK)
        y[block] = _block(flat[block])
    return y.reshape(x.shape)


def _block(x: Array) -> Array:
    """erf of few enough numbers that what is computed on the way stays in cache."""
    size = np.minimum(np.abs(x), _ONE)
    square = size * size
    y = _ratio(_R, _S, size)  # that of elements away from zero
    y *= np.exp(-square)
    np.subtract(1, y, out=y)
    near = _ratio(_P_MINUS_Q, _Q, square)
    near *= size
    near += size
    np.copyto(y, near, where=size <= _SMALL)
    return np.copysign(y, x, out=y)


def _ratio(numerator: Coefficients, denominator: Coefficients, x: Array) -> Array:
    """The quotient of two polynomials."""
    y = _polynomial(numerator, x)
    y /= _polynomial(denominator, x)
    return y


def _polynomial(coefficients: Coefficients, x: Array) -> Array:
    """The value of a polynomial, by Horner's rule."""
    first, second, *others = coefficients
    y: Array = x * first
    y += second
    for coefficient in others:
        y *= x
        y += coefficient
    return y
