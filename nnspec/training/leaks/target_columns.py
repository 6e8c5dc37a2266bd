"""Input columns that tell the target by themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from nnspec.backends.arrays import Array, only
from nnspec.data.column_types import is_missing
from nnspec.data.splits import Splits
from nnspec.data.splitting.classes import RowClasses, classes_of
from nnspec.data.splitting.targets import only_target
from nnspec.errors import quoted
from nnspec.lint.findings import Finding
from nnspec.spec.document import Spec
from nnspec.training.leaks.input_columns import MIN_ROWS, input_columns, input_path
from nnspec.training.leaks.purity import purity

_PURITY, _CORRELATION = 0.999, 0.9999
_MAX_CLASSES = 20
_MIN_OTHERS = 5  # rows that are not of the most frequent class
_SCREENED = 2000  # rows by which most columns are known to be no leak


def target_columns(spec: Spec, raw: Splits) -> Iterator[Finding]:
    """Columns from which the class follows for 0.999 of the rows, or that correlate by 0.9999.

    Ranks may do so instead of numbers: the target's logarithm tells it as well.
    """
    target = only_target(spec, raw.train)
    columns = input_columns(raw)
    if target is None or not columns or (isinstance(target, Mapping) and not target):
        return
    classes = classes_of(target)
    for name, column in columns.items():
        if classes is not None:
            found = _of_classes(column, classes)
        elif isinstance(target, Mapping) and len(target) > 1:
            return
        else:
            found = _of_numbers(column, only(target))
        if found:
            yield Finding(input_path(spec, name), f"{quoted(name)} alone tells the target: {found}")


def _of_classes(column: Array, classes: RowClasses) -> str:
    """By how many rows a column tells the class, where it does."""
    counts = np.bincount(classes.numbers)
    others = len(column) - int(counts.max())
    if len(counts) > _MAX_CLASSES or others < _MIN_OTHERS:
        return ""
    few = np.linspace(0, len(column) - 1, min(len(column), _SCREENED)).astype(np.int64)
    if len(few) < len(column) and purity(column[few], classes.numbers[few]) < _PURITY - 0.01:
        return ""
    wrong = 1 - purity(column, classes.numbers)
    if wrong > 1 - _PURITY or wrong * len(column) > others / 100:
        return ""
    return f"its value gives the class of {100 * (1 - wrong):.4g} % of the training rows"


def _of_numbers(column: Array, target: Array) -> str:
    """The correlation of a column with a number, or that of their ranks, where it is nearly 1."""
    target = target.reshape(len(target), -1)
    if column.dtype.kind not in "iufb" or target.dtype.kind not in "iuf" or target.shape[1] != 1:
        return ""
    there = ~(is_missing(column) | is_missing(target[:, 0]))
    x, y = (array[there].astype(np.float64) for array in (column, target[:, 0]))
    if len(x) < max(MIN_ROWS, len(column) / 2):
        return ""
    if abs(found := _correlation(x, y)) > _CORRELATION:
        return f"their correlation is {found:.6f}"
    few = np.linspace(0, len(x) - 1, min(len(x), _SCREENED)).astype(np.int64)
    if abs(_rank_correlation(x[few], y[few])) < _CORRELATION - 0.001:
        return ""
    found = _rank_correlation(x, y)
    return f"the correlation of their ranks is {found:.6f}" if abs(found) > _CORRELATION else ""


def _correlation(x: Array, y: Array) -> float:
    with np.errstate(all="ignore"):  # no number where one is constant, too large or infinite
        x, y = x - x.mean(), y - y.mean()
        return float(x @ y / np.sqrt((x @ x) * (y @ y)))


def _rank_correlation(x: Array, y: Array) -> float:
    """Spearman's: 1 or -1 where one follows from the other in order, such as its logarithm."""
    return _correlation(_ranks(x), _ranks(y))


def _ranks(x: Array) -> Array:
    """The rank of each number; equal ones have their mean rank."""
    _, numbers, counts = np.unique(x, return_inverse=True, return_counts=True)
    ranks: Array = (np.cumsum(counts) - (counts - 1) / 2)[numbers]
    return ranks
