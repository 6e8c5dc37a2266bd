"""Constraints of weights, which Keras applies to its variables after each update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from keras import ops

from nnspec.backends.keras.rules import Numerics, Tensor
from nnspec.components.constraints.base import NORM_EPSILON, Constraint, NormRange


def constraint_function(constraint: Constraint, numerics: Numerics) -> Callable[[Any], Tensor]:
    """The function of a weight; Keras' own rounds its constants to float32 on TensorFlow."""

    def constrain(w: Any) -> Tensor:
        w = ops.convert_to_tensor(w)
        if constraint.lower_bound is not None:
            bound = ops.full_like(w, constraint.lower_bound)
            w = ops.where(w < bound, bound, w)
        return w * _scales(w, constraint.norm_range, numerics) if constraint.norm_range else w

    return constrain


def _scales(w: Tensor, norms: NormRange, numerics: Numerics) -> Tensor:
    """m / (n + epsilon) of each vector of norm n, with m the norm that it is to have."""
    low, high, rate = map(numerics.constant, norms[:3])
    n = ops.sqrt(ops.sum(ops.square(w), axis=norms.axes, keepdims=True))
    m = ops.minimum(ops.maximum(n, low), high) * rate + n * numerics.constant(1 - norms.rate)
    return m / (n + numerics.constant(NORM_EPSILON))
