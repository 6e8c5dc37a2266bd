"""Which column of a table is the target: the one that is named, or guessed by stated rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from nnspec.errors import DataError, Problem, argument_place, did_you_mean, quoted, visible
from nnspec.scaffold.column_roles import ColumnRole
from nnspec.scaffold.task import obstacle

TARGET_NAMES = (
    "target", "label", "labels", "y", "outcome", "response", "class", "species", "survived",
    "diagnosis", "churn", "price",
)  # fmt: skip


class Target(NamedTuple):
    """The column of the target, and why it was taken."""

    column: ColumnRole
    reason: str
    passed_over: str = ""  # the column that would have been taken, and why it was not

    @property
    def is_certain(self) -> bool:
        """Whether its name says that it is the target, and no other column's does."""
        return self.reason == "by its name" and not self.passed_over


def guessed_target(file: str, columns: Sequence[ColumnRole]) -> Target:
    """The last column if it has one of TARGET_NAMES, else the first name that there is, else the
    last column that can be learnt; a DataError where there is none.
    """
    usable = [one for one in columns if one.role not in ("dropped", "text")]
    usable = [one for one in usable if not obstacle(one.summary)]
    if not usable:
        raise DataError(
            f"{visible(file)} has no column that can be a target",
            "a target holds numbers, or text that recurs",
        )
    by_name = {one.name.lower(): one for one in [*reversed(usable), usable[-1]]}
    passed_over = _passed_over(columns, usable)
    if usable[-1].name.lower() in TARGET_NAMES:
        return Target(usable[-1], "by its name", passed_over)
    named = next((by_name[name] for name in TARGET_NAMES if name in by_name), None)
    if named:
        return Target(named, "by its name", passed_over)
    last = "the last column that can be one" if passed_over else "the last column"
    return Target(usable[-1], last, passed_over)


def _passed_over(columns: Sequence[ColumnRole], usable: Sequence[ColumnRole]) -> str:
    """Why the last column, or one with the name of a target, is none; "" where all of these are."""
    named = [one for one in columns if one.name.lower() in TARGET_NAMES]
    is_text = columns[-1].role != "dropped" or columns[-1].summary.kind == "text"
    last = [columns[-1]] if is_text and columns[-1].summary.distinct > 1 else []
    other = next((one for one in [*named, *last] if one not in usable), None)
    if other is None:
        return ""
    reason = obstacle(other.summary) or other.reason or f"is {other.role}"
    return f" ({visible(other.name)} {reason})"


def named_target(file: str, columns: Sequence[ColumnRole], name: str) -> Target:
    """The column of a name; a DataError, at the option, where there is none or it is no target."""
    found = next((one for one in columns if one.name == name), None)
    place = argument_place(name, "--target")
    if found is None:
        message = f"{visible(file)} has no column {quoted(name)}"
        names = [one.name for one in columns]
        raise DataError(Problem(message, place, lambda: did_you_mean(name, names)))
    reason = obstacle(found.summary)
    if reason:
        raise DataError(Problem(f"the target {quoted(name)} {reason}", place))
    return Target(found, "named by --target")
