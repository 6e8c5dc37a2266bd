"""The columns that the data section names besides those of inputs and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnspec.spec.data_steps import Path, column_names, step_lists
from nnspec.spec.document import Data

if TYPE_CHECKING:
    from nnspec.spec.splitting import Split


def metadata_paths(data: Data) -> dict[str, Path]:
    """The path in the spec of each column that is neither input nor target, by its name.

    It is what rows are split by: groups, times, parts, or classes of no target.
    """
    split = data.split
    if split is None or split.name is None or _is_target(data, split):
        return {}
    return {split.name: split.path}


def _is_target(data: Data, split: Split) -> bool:
    """Whether rows are stratified by one of the targets."""
    if split.method != "stratified":
        return False
    return split.name in (*step_lists(data.targets, ()), *column_names(data.targets))
