"""Columns that callers give, and the data section that says which are inputs and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from nnspec.components.sources.given import Frame
from nnspec.components.sources.tables import TableSource
from nnspec.data.metadata import metadata_paths
from nnspec.data.tables.given_columns import is_frame, named_columns
from nnspec.errors import DataError, Problem, quoted, typed
from nnspec.spec.column_groups import ColumnGroup
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import column_names, has_columns
from nnspec.spec.document import Spec

TARGET = "target"  # the name of a column of targets that has none


def joined_columns(x: Any, y: Any, names: Sequence[str]) -> dict[str, Any]:
    """The columns of inputs and those of targets, which are called `names` where they have none."""
    columns = named_columns(x)
    targets = _target_columns(y, names)
    twice = next((name for name in targets if name in columns), None)
    if twice is not None:
        raise DataError(f"the column {quoted(twice)} is among the inputs and the targets")
    return {**columns, **targets}


def _target_columns(y: Any, names: Sequence[str]) -> dict[str, Any]:
    if isinstance(y, Mapping) or is_frame(y):
        return named_columns(y)
    if len(names) == 1 and np.ndim(y) == 1:
        return {names[0]: y}
    own = getattr(y, "name", None)
    if np.ndim(y) == 1:
        return {own if own and isinstance(own, str) else TARGET: y}
    if np.ndim(y) != 2:
        raise DataError(f"the targets are {typed(y)}", "give a column, or an array of columns")
    columns = np.asarray(y).T
    labels = names if len(names) == len(columns) else _numbered(len(columns))
    return dict(zip(labels, columns, strict=True))


def _numbered(count: int) -> list[str]:
    return [TARGET] if count == 1 else [f"{TARGET}_{number}" for number in range(count)]


def target_names(spec: Spec) -> list[str]:
    """The columns that a spec says are targets."""
    return column_names(spec.data.targets) if spec.data else []


def with_frame(spec: Spec, columns: Sequence[str], targets: Sequence[str] | None) -> Spec:
    """The spec whose data are a frame of some columns, of which `targets` are the targets.

    Where its data section names no columns, all others are inputs and get the section's steps.
    """
    data = spec.data or Data(source=Frame())
    known = has_columns(data.targets)
    if known and targets is not None:
        place = spec.locate_key("data", "targets")
        raise DataError(
            Problem("the spec says which columns are targets", place, "leave targets out")
        )
    if not known and targets is None:
        hint = "give targets='price', or (x, y), or say it in the spec's data section"
        raise DataError(Problem("the spec does not say which columns are targets", None, hint))
    wanted = list(targets or column_names(data.targets))
    lacking = [name for name in wanted if targets and name not in columns]
    if lacking:
        raise DataError(f"the data have no column {quoted(lacking[0])}")
    others = [name for name in columns if name not in {*wanted, *metadata_paths(spec)}]
    return spec.replace(
        data=data.replace(
            source=_frame(data),
            inputs=_side(spec, "inputs", data.inputs, tuple(others)),
            targets=_side(
                spec, "targets", data.targets, wanted[0] if len(wanted) == 1 else tuple(wanted)
            ),
        )
    )


def _frame(data: Data) -> Frame:
    """The frame, with what a table in the source's place says of rows that break a rule."""
    return Frame(on_error=data.source.on_error) if isinstance(data.source, TableSource) else Frame()


def _side(spec: Spec, key: str, side: Any, columns: str | tuple[str, ...]) -> Any:
    """The side as it is where it names columns, else its steps of the given columns."""
    if has_columns(side):
        return side
    if isinstance(side, Mapping):
        message = f"{key} have names, and the data are columns"
        hint = f"say which columns are which: {key}: {{NAME: {{columns: [...]}}}}"
        raise DataError(Problem(message, spec.locate_key("data", key), hint))
    if not columns:
        raise DataError("there are no columns besides the targets")
    return ColumnGroup(columns=columns, steps=side)
