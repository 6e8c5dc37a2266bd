"""How each preprocessing step is fitted to the training rows, and applied to any rows.

The state of a step is plain numbers, one for each place of a row.
"""

from __future__ import annotations

from functools import reduce
from itertools import accumulate
from math import prod

import numpy as np

from nnspec.components.preprocessing.base import Transform
from nnspec.components.preprocessing.encoding import CastTransform, OneHotTransform
from nnspec.components.preprocessing.expansion import PolynomialTransform
from nnspec.components.preprocessing.scaling import (
    DivideTransform,
    ScaleTransform,
    StandardizeTransform,
)
from nnspec.components.preprocessing.shape import (
    FlattenTransform,
    ReshapeTransform,
    ShuffleColumnsTransform,
)
from nnspec.data.registry import Array, FittedState, Portions, TransformRule
from nnspec.errors import DataError
from nnspec.options import tensor_spec
from nnspec.options.shapes import format_shape
from nnspec.randomness import philox


def _fit_extremes(_: ScaleTransform, portions: Portions) -> FittedState:
    lowest, highest = _extremes(portions)
    return {"lowest": lowest.tolist(), "highest": highest.tolist()}


def _fit_moments(_: StandardizeTransform, portions: Portions) -> FittedState:
    lowest, highest = _extremes(portions)
    rows = sum(len(portion) for portion in portions())
    mean = sum(portion.sum(axis=0, dtype=np.float64) for portion in portions()) / rows
    squares = sum(np.square(portion - mean).sum(axis=0, dtype=np.float64) for portion in portions())
    # The mean of equal numbers may differ from them in the last bit, and seem to deviate.
    constant = lowest == highest
    std = np.where(constant, 0.0, np.sqrt(squares / rows))
    return {"mean": np.where(constant, lowest, mean).tolist(), "std": std.tolist()}


def _apply_reshape(step: ReshapeTransform, _: FittedState, x: Array) -> Array:
    return x.reshape(len(x), *step.apply(tensor_spec.TensorSpec(x.shape[1:], "")).shape)


def _apply_flatten(_: FlattenTransform, __: FittedState, x: Array) -> Array:
    return x.reshape(len(x), prod(x.shape[1:]))


def _apply_cast(step: CastTransform, _: FittedState, x: Array) -> Array:
    dtype = np.dtype(step.dtype)
    limits = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    bad = ~((x >= limits.min) & (x <= limits.max))  # also where x is no number
    if bad.any():
        raise DataError(f"cast: {x[bad][0]} is no {step.dtype}")
    return x.astype(dtype)


def _apply_divide(step: DivideTransform, _: FittedState, x: Array) -> Array:
    return _real(x) / step.divisor


def _apply_scale(step: ScaleTransform, state: FittedState, x: Array) -> Array:
    lowest, highest = _columns(step, state, x)
    share = (x - lowest) / np.where(highest > lowest, highest - lowest, 1)
    return (step.minimum + share * (step.maximum - step.minimum)).astype(_real(x).dtype)


def _apply_standardize(step: StandardizeTransform, state: FittedState, x: Array) -> Array:
    mean, std = _columns(step, state, x)
    return ((x - mean) / np.where(std > 0, std, 1)).astype(_real(x).dtype)


def _apply_polynomial(step: PolynomialTransform, _: FittedState, x: Array) -> Array:
    columns = _real(x).reshape(len(x), prod(x.shape[1:]))
    products = _products if step.interactions else _powers
    return np.concatenate(products(columns, step.degree), axis=1)


def _apply_one_hot(step: OneHotTransform, _: FittedState, x: Array) -> Array:
    index = x.reshape(len(x))
    bad = (index != np.floor(index)) | (index < 0) | (index >= step.classes)
    if bad.any():
        most = step.classes - 1
        raise DataError(f"one_hot: the label {index[bad][0]} is no whole number from 0 to {most}")
    hot: Array = index[:, None] == np.arange(step.classes)
    return hot.astype(np.float32)


def _apply_shuffle_columns(step: ShuffleColumnsTransform, _: FittedState, x: Array) -> Array:
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
    """The fitted state as arrays, of the shape of a row: NumPy would stretch a shorter one."""
    columns = [np.asarray(column, dtype=np.float64) for column in state.values()]
    if columns[0].shape != x.shape[1:]:
        shapes = f"{format_shape(columns[0].shape)} and gets {format_shape(x.shape[1:])}"
        raise DataError(f"{step.kind} was fitted on rows of {shapes}")
    return columns


def _real(x: Array) -> Array:
    """Fractions keep their type; whole numbers become float64."""
    return x if x.dtype.kind == "f" else x.astype(np.float64)


reshape = TransformRule(_apply_reshape)
flatten = TransformRule(_apply_flatten)
cast = TransformRule(_apply_cast)
divide = TransformRule(_apply_divide)
scale = TransformRule(_apply_scale, _fit_extremes, ("lowest", "highest"))
standardize = TransformRule(_apply_standardize, _fit_moments, ("mean", "std"))
polynomial = TransformRule(_apply_polynomial)
one_hot = TransformRule(_apply_one_hot)
shuffle_columns = TransformRule(_apply_shuffle_columns)
