"""What each preparation step learns from the training rows, and what it does to any rows.

What a step has state is plain numbers, one for each place of a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce, singledispatch
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.components.preprocessing import encoding, expansion, scaling, shape
from nnspec.components.preprocessing.base import Transform
from nnspec.errors import DataError
from nnspec.options import tensor_spec
from nnspec.options.shapes import format_shape
from nnspec.randomness import philox

Array = NDArray[Any]
FittedState = dict[str, Any]  # name -> nested lists
Portions = Callable[[], Iterator[Array]]  # all training rows, as often as they are asked for

STATE_NAMES: dict[type[Transform], tuple[str, ...]] = {
    scaling.ScaleTransform: ("lowest", "highest"),
    scaling.StandardizeTransform: ("mean", "std"),
}


@singledispatch
def fit(step: Transform, portions: Portions) -> FittedState:  # noqa: ARG001
    """What a step learns from the training rows; nothing, for most."""
    return {}


@fit.register
def _(step: scaling.ScaleTransform, portions: Portions) -> FittedState:  # noqa: ARG001
    lowest, highest = _extremes(portions)
    return {"lowest": lowest.tolist(), "highest": highest.tolist()}


@fit.register
def _(step: scaling.StandardizeTransform, portions: Portions) -> FittedState:  # noqa: ARG001
    lowest, highest = _extremes(portions)
    rows = sum(len(portion) for portion in portions())
    mean = sum(portion.sum(axis=0, dtype=np.float64) for portion in portions()) / rows
    squares = sum(np.square(portion - mean).sum(axis=0, dtype=np.float64) for portion in portions())
    # The mean of equal numbers may differ from them in the last bit, and seem to deviate.
    constant = lowest == highest
    std = np.where(constant, 0.0, np.sqrt(squares / rows))
    return {"mean": np.where(constant, lowest, mean).tolist(), "std": std.tolist()}


@singledispatch
def apply(step: Transform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    """Rows after a step. Raises DataError where a value does not suit it."""
    raise DataError(f"nothing applies the preparation {step.kind!r}")


@apply.register
def _(step: shape.ReshapeTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    return x.reshape(len(x), *step.apply(tensor_spec.TensorSpec(x.shape[1:], "")).shape)


@apply.register
def _(step: shape.FlattenTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    return x.reshape(len(x), prod(x.shape[1:]))


@apply.register
def _(step: encoding.CastTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    dtype = np.dtype(step.dtype)
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    bad = ~((x >= limits.min) & (x <= limits.max))  # also where x is no number
    if bad.any():
        raise DataError(f"cast: {x[bad][0]} is no {step.dtype}")
    return x.astype(dtype)


@apply.register
def _(step: scaling.DivideTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    return _real(x) / step.divisor


@apply.register
def _(step: scaling.ScaleTransform, state: FittedState, x: Array) -> Array:
    lowest, highest = _columns(step, state, x)
    share = (x - lowest) / np.where(highest > lowest, highest - lowest, 1)
    return (step.minimum + share * (step.maximum - step.minimum)).astype(_real(x).dtype)


@apply.register
def _(step: scaling.StandardizeTransform, state: FittedState, x: Array) -> Array:
    mean, std = _columns(step, state, x)
    return ((x - mean) / np.where(std > 0, std, 1)).astype(_real(x).dtype)


@apply.register
def _(step: expansion.PolynomialTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    columns = _real(x).reshape(len(x), prod(x.shape[1:]))
    products = _products if step.interactions else _powers
    return np.concatenate(products(columns, step.degree), axis=1)


@apply.register
def _(step: encoding.OneHotTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    index = x.reshape(len(x))
    bad = (index != np.floor(index)) | (index < 0) | (index >= step.classes)
    if bad.any():
        most = step.classes - 1
        raise DataError(f"one_hot: the label {index[bad][0]} is no whole number from 0 to {most}")
    hot: Array = index[:, None] == np.arange(step.classes)
    return hot.astype(np.float32)


@apply.register
def _(step: shape.ShuffleColumnsTransform, state: FittedState, x: Array) -> Array:  # noqa: ARG001
    columns = x.reshape(len(x), prod(x.shape[1:]))
    order = philox.permutation(columns.shape[1], step.seed, step.kind)
    return columns[:, order].reshape(x.shape)


def _powers(x: Array, degree: int) -> list[Array]:
    """x, x^2, ... of every column."""
    return list(accumulate([x] * degree, np.multiply))


def _products(x: Array, degree: int) -> list[Array]:
    """The products of 1, 2, ... columns, each column at or after the one before it.

    Those of k columns that begin with column i are x_i times those of k - 1 that begin with
    column i or a later one.
    """
    blocks, starts = [x], list(range(x.shape[1]))  # where those that begin with a column start
    for _ in range(degree - 1):
        pieces = [x[:, [i]] * blocks[-1][:, start:] for i, start in enumerate(starts)]
        blocks.append(np.concatenate(pieces, axis=1))
        starts = list(accumulate((piece.shape[1] for piece in pieces[:-1]), initial=0))
    return blocks


def _extremes(portions: Portions) -> tuple[Array, Array]:
    lowest = reduce(np.minimum, (portion.min(axis=0) for portion in portions()))
    highest = reduce(np.maximum, (portion.max(axis=0) for portion in portions()))
    return lowest, highest


def _columns(step: Transform, state: FittedState, x: Array) -> list[Array]:
    """What was state, once it is known to be of rows like these: NumPy would stretch a shorter."""
    columns = [np.asarray(state[name], dtype=np.float64) for name in STATE_NAMES[type(step)]]
    if columns[0].shape != x.shape[1:]:
        shapes = f"{format_shape(columns[0].shape)} and gets {format_shape(x.shape[1:])}"
        raise DataError(f"{step.kind} was fitted on rows of {shapes}")
    return columns


def _real(x: Array) -> Array:
    """Fractions keep their type; whole numbers become float64."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)
