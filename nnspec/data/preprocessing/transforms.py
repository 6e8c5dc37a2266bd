"""Rules of the preprocessing steps: fitting to the training rows, and applying to any rows.

The state of a step holds plain numbers, one for each element of a row.
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
from nnspec.data.registry import Array, Chunks, FittedState, TransformRule
from nnspec.errors import DataError
from nnspec.options import tensor_spec
from nnspec.options.shapes import format_shape
from nnspec.randomness import philox


def _fit_extremes(_: ScaleTransform, chunks: Chunks) -> FittedState:
    lowest, highest = _extremes(chunks)
    return {"lowest": lowest.tolist(), "highest": highest.tolist()}


def _fit_moments(_: StandardizeTransform, chunks: Chunks) -> FittedState:
    lowest, highest = _extremes(chunks)
    rows = sum(len(chunk) for chunk in chunks())
    mean = sum(chunk.sum(axis=0, dtype=np.float64) for chunk in chunks()) / rows
    squares = sum(np.square(chunk - mean).sum(axis=0, dtype=np.float64) for chunk in chunks())
    # The computed mean of equal numbers may differ from them in the last bit.
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
    bad = ~((x >= limits.min) & (x <= limits.max))  # also where x is NaN
    if bad.any():
        raise DataError(f"cast: {x[bad][0]} is no {step.dtype}")
    return x.astype(dtype)


def _apply_divide(step: DivideTransform, _: FittedState, x: Array) -> Array:
    return _to_float(x) / step.divisor


def _apply_scale(step: ScaleTransform, state: FittedState, x: Array) -> Array:
    lowest, highest = _columns(step, state, x)
    share = (x - lowest) / np.where(highest > lowest, highest - lowest, 1)
    return (step.minimum + share * (step.maximum - step.minimum)).astype(_to_float(x).dtype)


def _apply_standardize(step: StandardizeTransform, state: FittedState, x: Array) -> Array:
    mean, std = _columns(step, state, x)
    return ((x - mean) / np.where(std > 0, std, 1)).astype(_to_float(x).dtype)


def _apply_polynomial(step: PolynomialTransform, _: FittedState, x: Array) -> Array:
    columns = _to_float(x).reshape(len(x), prod(x.shape[1:]))
    expand = _products if step.interactions else _powers
    return np.concatenate(expand(columns, step.degree), axis=1)


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
    """Powers x, x^2, ..., x^degree of every column."""
    return list(accumulate([x] * degree, np.multiply))


def _products(x: Array, degree: int) -> list[Array]:
    """Products of 1 to `degree` columns with non-decreasing column indices.

    The products of k columns that begin with column i are x_i times the products of k - 1
    columns that begin with column i or a later one.
    """
    blocks, starts = [x], list(range(x.shape[1]))  # position of the first product of each column
    for _ in range(degree - 1):
        pieces = [x[:, [i]] * blocks[-1][:, start:] for i, start in enumerate(starts)]
        blocks.append(np.concatenate(pieces, axis=1))
        starts = list(accumulate((piece.shape[1] for piece in pieces[:-1]), initial=0))
    return blocks


def _extremes(chunks: Chunks) -> tuple[Array, Array]:
    """Minimum and maximum of each element of a row."""
    lowest = reduce(np.minimum, (chunk.min(axis=0) for chunk in chunks()))
    highest = reduce(np.maximum, (chunk.max(axis=0) for chunk in chunks()))
    return lowest, highest


def _columns(step: Transform, state: FittedState, x: Array) -> list[Array]:
    """Fitted state as arrays; raise DataError unless they have the row shape (no broadcasting)."""
    columns = [np.asarray(column, dtype=np.float64) for column in state.values()]
    if columns[0].shape != x.shape[1:]:
        shapes = f"{format_shape(columns[0].shape)} and gets {format_shape(x.shape[1:])}"
        raise DataError(f"{step.kind} was fitted on rows of {shapes}")
    return columns


def _to_float(x: Array) -> Array:
    """Keep a floating dtype; convert integers and booleans to float64."""
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
