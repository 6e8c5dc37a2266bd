"""Rules of the preprocessing steps: what each does to any rows, in float64.

The state of a step holds plain numbers, one for each element of a row.
"""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import Transform, floating
from nnspec.components.preprocessing.categories import OneHotTransform
from nnspec.components.preprocessing.encoding import CastTransform
from nnspec.components.preprocessing.expansion import PolynomialTransform
from nnspec.components.preprocessing.scaling import (
    ClipTransform,
    DivideTransform,
    LogTransform,
    NormalizeTransform,
    ScaleTransform,
    StandardizeTransform,
)
from nnspec.components.preprocessing.shape import (
    FlattenTransform,
    ReshapeTransform,
    ShuffleColumnsTransform,
)
from nnspec.data.invalid_values import require
from nnspec.data.preprocessing import inverse_rules as inverses
from nnspec.data.preprocessing.exact import DoubleDouble, headroom
from nnspec.data.preprocessing.row_columns import as_columns
from nnspec.data.preprocessing.statistics import fit_extremes, fit_moments
from nnspec.data.registry import FittedState, TransformRule
from nnspec.errors import DataError
from nnspec.options import tensor_spec
from nnspec.options.shapes import format_shape
from nnspec.randomness import philox

_ZERO = np.zeros(())


def _apply_reshape(step: ReshapeTransform, _: FittedState, x: Array) -> Array:
    return x.reshape(len(x), *step.apply(tensor_spec.TensorSpec(x.shape[1:], "")).shape)


def _apply_flatten(_: FlattenTransform, __: FittedState, x: Array) -> Array:
    return x.reshape(len(x), prod(x.shape[1:]))


def _apply_cast(step: CastTransform, _: FittedState, x: Array) -> Array:
    dtype = np.dtype(step.dtype)
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    kinds = "the numbers" if dtype.kind == "f" else "the whole numbers"
    hint = f"it holds {kinds} from {limits.min} to {limits.max}; scale them, or take another type"
    if not np.can_cast(x.dtype, dtype):
        require(_holds(dtype, limits, x), x, "cast", f"which is no {dtype}", hint)
    return x.astype(dtype)


def _apply_divide(step: DivideTransform, _: FittedState, x: Array) -> Array:
    if x.dtype == np.float32 and float(np.float32(step.divisor)) == step.divisor:
        return x / np.float32(step.divisor)  # the same number, rounded once
    return _rounded(x.astype(np.float64, copy=False) / step.divisor, x)


def _apply_scale(step: ScaleTransform, state: FittedState, x: Array) -> Array:
    lowest, highest = _columns(step, state, x)
    room = headroom(lowest.high, highest.high)
    low = lowest.times(room)
    width = highest.times(room).minus(low)
    share = DoubleDouble.of(x).times(room).minus(low)
    share /= np.where(width > 0, width, np.inf)  # 0 in a constant column
    return _rounded(step.minimum * (1 - share) + step.maximum * share, x)


def _apply_standardize(step: StandardizeTransform, state: FittedState, x: Array) -> Array:
    mean, std, *rest = (column.high for column in _columns(step, state, x))
    room = headroom(mean, std)
    y = DoubleDouble.of(x).times(room).minus(DoubleDouble(mean, *(rest or [_ZERO])).times(room))
    y /= np.where(std > 0, std * room, np.inf)  # 0 in a constant column
    return _rounded(y, x)


def _apply_normalize(step: NormalizeTransform, _: FittedState, x: Array) -> Array:
    rows = as_columns(x.astype(np.float64, copy=False))
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0)
    rows = rows / np.where(largest > 0, largest, 1)  # whose squares neither overflow nor vanish
    if step.norm != "max":
        norm = np.linalg.norm(rows, {"l1": 1, "l2": 2}[step.norm], axis=1, keepdims=True)
        rows = rows / np.where(norm > 0, norm, 1)
    return _rounded(rows.reshape(x.shape), x)


def _apply_clip(step: ClipTransform, _: FittedState, x: Array) -> Array:
    return _rounded(np.clip(x.astype(np.float64, copy=False), step.minimum, step.maximum), x)


def _apply_log(step: LogTransform, _: FittedState, x: Array) -> Array:
    real = x.astype(np.float64, copy=False)
    above = f"{-step.offset:g}" if step.offset else "0"
    hint = "" if step.offset else "write {log: 1} for log(1 + x)"
    require(~(real + step.offset <= 0), x, "log", f"which is not above {above}", hint)
    return _rounded(np.log1p(real) if step.offset == 1 else np.log(real + step.offset), x)


def _apply_polynomial(step: PolynomialTransform, _: FittedState, x: Array) -> Array:
    columns = x.astype(np.float64, copy=False).reshape(len(x), prod(x.shape[1:]))
    expand = _products if step.interactions else _powers
    return _rounded(np.concatenate(expand(columns, step.degree), axis=1), x)


def one_hot_of_classes(step: OneHotTransform, classes: int, x: Array) -> Array:
    """Class numbers as rows with 1 in the class's column.

    Any other number gives zeros, or an InvalidValueError, as the step says.
    """
    if step.unknown == "error":
        most = classes - 1
        valid = _is_whole(x) & (x >= 0) & (x <= most)
        hint = f"classes are counted from 0; {{one_hot: {classes}}} has {classes} of them"
        require(valid, x, "one_hot", f"no whole number from 0 to {most}", hint)
    hot: Array = x.reshape(len(x), 1) == np.arange(classes)
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


def _holds(dtype: np.dtype[Any], limits: Any, x: Array) -> Array:
    """Whether a type holds each number: whole ones exactly, others but for rounding."""
    if dtype.kind == "f":
        return (x >= limits.min) & (x <= limits.max)  # not where x is NaN
    if x.dtype.kind != "f":
        return (x >= limits.min) & (x <= limits.max)
    return _is_whole(x) & (x >= limits.min) & (x < limits.max + 1.0)  # float64 has no 2**63 - 1


def _is_whole(x: Array) -> Array:
    """Whether each number is whole; not where it is NaN."""
    return x == np.floor(x) if x.dtype.kind == "f" else np.ones(x.shape, bool)


def _columns(step: Transform, state: FittedState, x: Array) -> list[DoubleDouble]:
    """Fitted state as arrays; raise DataError unless they have the row shape (no broadcasting)."""
    columns = [DoubleDouble.of(np.asarray(column)) for column in state.values()]
    fitted = columns[0].high.shape
    if fitted != x.shape[1:]:
        shapes = f"{format_shape(fitted)} and gets {format_shape(x.shape[1:])}"
        raise DataError(f"{step.kind} was fitted on rows of {shapes}")
    return columns


def _rounded(result: Array, x: Array) -> Array:
    """A result in float64, or rounded to float32 where the numbers had been cast to it."""
    return result.astype(floating(x.dtype.name), copy=False)


reshape = TransformRule(_apply_reshape, inverse=inverses.unchanged)
flatten = TransformRule(_apply_flatten, inverse=inverses.unchanged)
cast = TransformRule(_apply_cast, inverse=inverses.unchanged)
divide = TransformRule(_apply_divide, inverse=inverses.divide)
scale = TransformRule(_apply_scale, fit_extremes, ("lowest", "highest"), inverse=inverses.scale)
standardize = TransformRule(
    _apply_standardize,
    fit_moments,
    ("mean", "std"),
    ("mean_rest",),
    inverse=inverses.standardize,
)
normalize = TransformRule(_apply_normalize)
clip = TransformRule(_apply_clip, inverse=inverses.unchanged)
log = TransformRule(_apply_log, inverse=inverses.log)
polynomial = TransformRule(_apply_polynomial)
shuffle_columns = TransformRule(_apply_shuffle_columns)
