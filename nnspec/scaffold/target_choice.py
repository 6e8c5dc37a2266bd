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
    if usable[-1].name.lower() in TARGET_NAMES:
        return Target(usable[-1], "by its name")
    named = next((by_name[name] for name in TARGET_NAMES if name in by_name), None)
    return Target(named, "by its name") if named else Target(usable[-1], "the last column")


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
