"""What is learnt of a target: one of two classes, one of several, or a number."""

from __future__ import annotations

from math import isfinite
from typing import Literal, NamedTuple

from nnspec.errors import DataError, quoted
from nnspec.scaffold.column_summary import MAX_LISTED, ColumnSummary

TaskKind = Literal["binary", "classes", "number"]
MAX_NUMBER_CLASSES = 10  # whole numbers with more values are a quantity
CLASS_NAMES = ("label", "labels", "class", "species", "category", "diagnosis")
_ROWS_OF_EACH = 5  # at least, of each of many numbers that are classes
_IMBALANCE = 5  # the largest class has more than so many times the rows of the smallest


class Task(NamedTuple):
    """What is learnt of a target."""

    kind: TaskKind
    target: ColumnSummary

    @classmethod
    def of(cls, target: ColumnSummary) -> Task:
        """The task of a target column; a DataError where there is nothing to learn."""
        _check(target)
        if target.kind == "text" or _are_classes(target):
            return cls("binary" if target.distinct == 2 else "classes", target)
        return cls("number", target)

    @property
    def classes(self) -> int:
        """The number of classes."""
        return self.target.distinct

    @property
    def smallest(self) -> int:
        """The rows of the smallest class."""
        return min(self.target.counts.values(), default=0)

    @property
    def is_imbalanced(self) -> bool:
        """Whether the smallest class is rare."""
        largest = max(self.target.counts.values(), default=0)
        return self.kind != "number" and largest > _IMBALANCE * self.smallest

    @property
    def is_zero_or_one(self) -> bool:
        """Whether the target holds 0 and 1, or true and false, so that it needs no numbering."""
        return self.target.kind == "numbers" and set(self.target.counts) == {0, 1}


def obstacle(target: ColumnSummary) -> str:
    """Why a column is no target; "" if it is one."""
    if target.kind not in ("numbers", "text"):
        return f"holds {target.kind or target.type_name}: a target holds numbers or text"
    if target.distinct < 2:
        held = "is the same in each row" if target.distinct else "holds no value"
        return f"{held}: there is nothing to learn"
    if target.kind == "text" and target.distinct > min(MAX_LISTED, max(2, target.present // 2)):
        found = f"{target.distinct:,} different texts in {target.present:,} rows"
        return f"holds {found}: these are no classes"
    if target.kind == "numbers" and not isfinite(target.greatest - target.least):
        return "holds inf, which no network gives"
    return ""


def _are_classes(target: ColumnSummary) -> bool:
    """Whether numbers are those of classes: two, or a few whole ones of two rows or more each, or
    many that recur under a name that says so.
    """
    if not target.is_whole:
        return False
    recur = target.distinct <= min(MAX_LISTED, target.present // _ROWS_OF_EACH)
    named = target.name.lower() in CLASS_NAMES
    each_recurs = target.distinct == 2 or min(target.counts.values(), default=0) > 1
    return (target.distinct <= MAX_NUMBER_CLASSES and each_recurs) or (recur and named)


def _check(target: ColumnSummary) -> None:
    reason = obstacle(target)
    if reason:
        message = f"the target {quoted(target.name)} {reason}"
        raise DataError(message, "name another with --target")
