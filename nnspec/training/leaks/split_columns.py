"""Groups and times of a split that the source's own test rows share with the training rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.column_types import is_missing
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.errors import quoted
from nnspec.lint.findings import Finding
from nnspec.spec.document import Spec
from nnspec.training.split_path import split_path

_MAX_SHOWN = 3  # groups


def equal_groups(spec: Spec, raw: Splits) -> Iterator[Finding]:
    """Groups that training rows are of, and those of another part too."""
    for name, train, part in _columns(spec, raw, "group"):
        shared = np.unique(train[np.isin(train, part.metadata[name])])
        if len(shared):
            shown = ", ".join(quoted(value) for value in shared[:_MAX_SHOWN].tolist())
            more = ", ..." if len(shared) > _MAX_SHOWN else ""
            which = f"{len(shared):,} groups of {name} are in training and {part.origin.part} rows"
            yield Finding(split_path(spec, part.origin.part), f"{which}: {shown}{more}")


def backward_time(spec: Spec, raw: Splits) -> Iterator[Finding]:
    """Validation or test rows that are not later than all training rows."""
    for name, train, part in _columns(spec, raw, "time"):
        times = part.metadata[name]
        times = times[~is_missing(times)]
        if len(times) and times.min() <= train.max():
            count = int((times <= train.max()).sum())
            which = f"{count:,} of {part.rows:,} {part.origin.part} rows"
            message = f"{which} are not later than the training rows, whose last {name} is"
            yield Finding(split_path(spec, part.origin.part), f"{message} {train.max()}")


def _columns(spec: Spec, raw: Splits, method: str) -> Iterator[tuple[str, Array, Rows]]:
    """The name of the split's column, its training values, and each other part that has it."""
    split = spec.data.split if spec.data else None
    if split is None or split.name is None or split.method != method:
        return
    for part in (raw.validation, raw.test):
        if part is not None and split.name in part.metadata and raw.train.rows:
            yield split.name, raw.train.metadata[split.name], part
