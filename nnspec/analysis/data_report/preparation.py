"""What the steps of a preparation have learnt, in words, and names of the prepared columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import prod
from typing import Any

import numpy as np

from nnspec.analysis.data_report.model import FittedStep
from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.base import Transform
from nnspec.data.preprocessing.column_groups import FittedColumns, FittedGroup
from nnspec.data.preprocessing.fitted import Fitted, FittedPreprocessing
from nnspec.data.rows import Rows
from nnspec.options.component import to_plain

_SHOWN = 6  # values of a state


def fitted_steps(fitted: FittedPreprocessing) -> Iterator[FittedStep]:
    """Each step of each array or group of columns."""
    for columns, pipeline in fitted.pipelines():
        for (step, _), state in zip(pipeline.steps, pipeline.state, strict=True):
            words = tuple(f"{key} {_listed(value)}" for key, value in state.items() if _told(key))
            yield FittedStep(columns, _written(step), words)


def prepared_names(one: Fitted | None, raw: Rows, array: Array) -> tuple[str, ...]:
    """Names of the numbers of a prepared row: their columns, with categories, or their places."""
    width = prod(array.shape[1:])
    names: list[str] = []
    if isinstance(one, FittedColumns):
        for group in one.groups:
            names += _group_names(group, raw)
    return tuple(names) if len(names) == width else tuple(map(str, range(width)))


def _group_names(group: FittedGroup, raw: Rows) -> list[str]:
    """The names of the numbers that a group gives for a row."""
    columns, width = group.group.names, group.width(dict(raw.arrays()))
    if width == len(columns):
        return list(columns)
    learnt = [state["categories"] for state in group.pipeline.state if "categories" in state]
    hot = [
        f"{name}={value}"
        for values in learnt[:1]
        for name, own in zip(columns, values, strict=False)
        for value in own
    ]
    if len(hot) == width:
        return hot
    label = "+".join(columns)
    return [f"{label}[{number}]" for number in range(width)]


def _told(key: str) -> bool:
    """Whether a value of a state is more than the rounding of another."""
    return not key.endswith("_rest")


def _listed(value: Any) -> str:
    """The first of nested values; several lists stand side by side."""
    if isinstance(value, list) and value and all(isinstance(one, list) for one in value):
        if any(isinstance(item, str) for one in value for item in one) or len(value) <= _SHOWN:
            return "; ".join(_joined(one) for one in value[:_SHOWN])
        value = np.asarray(value, object).ravel().tolist()
    return _joined(value if isinstance(value, list) else [value])


def _joined(values: Sequence[Any]) -> str:
    shown = [f"{one:.6g}" if isinstance(one, float) else str(one) for one in values[:_SHOWN]]
    more = f", ... ({len(values):,})" if len(values) > _SHOWN else ""
    return ", ".join(shown) + more


def _written(step: Transform) -> str:
    """A step in short: its kind, and the options that are not the defaults."""
    written: Any = to_plain(step)
    plain = written[step.kind] if isinstance(written, dict) else {}
    if not isinstance(plain, dict):
        return f"{step.kind} {plain}"
    default = {name: field.default for name, field in type(step).model_fields.items()}
    own = [f"{key} {value}" for key, value in plain.items() if value != default.get(key)]
    return " ".join([step.kind, ", ".join(own)]).rstrip()
