"""Errors of the rows of a fold: which fold it is, and which classes its training rows lack."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from nnspec.data.rows import Rows
from nnspec.data.splitting.classes import classes_of
from nnspec.data.splitting.method import Fold
from nnspec.data.splitting.targets import only_target
from nnspec.errors import DataError, Problem, quoted
from nnspec.spec.document import Spec

_MAX_SHOWN = 3  # classes
_HINT = "list the categories of the step or the values of the column, or deal stratified folds"


@contextmanager
def located_in_fold(spec: Spec, rows: Rows, dealt: list[Fold], number: int) -> Iterator[None]:
    """Say in each DataError raised inside of which fold of rows it is, counted from 0."""
    try:
        yield
    except DataError as error:
        absent = _absent_classes(spec, rows, dealt[number])
        lacks = f", whose {len(dealt[number].train):,} training rows lack the {absent}"
        fold = f"fold {number + 1} of {len(dealt)}{lacks if absent else ''}"
        raise DataError(
            Problem(f"{fold}: {one.message}", one.where, _HINT if absent else one.hint, one.code)
            for one in error.problems
        ) from None


def _absent_classes(spec: Spec, rows: Rows, fold: Fold) -> str:
    """The classes of the only target that the training rows of a fold lack."""
    target = only_target(spec, rows)
    classes = None if target is None else classes_of(target)
    if classes is None:
        return ""
    absent = np.setdiff1d(classes.numbers, classes.numbers[fold.train])
    shown = ", ".join(quoted(classes.names[number]) for number in absent[:_MAX_SHOWN])
    more = ", ..." if len(absent) > _MAX_SHOWN else ""
    return f"class{'es' * (len(absent) > 1)} {shown}{more}" if len(absent) else ""
