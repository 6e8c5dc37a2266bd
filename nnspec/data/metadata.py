"""What a spec names of rows besides inputs and targets: columns to split by, weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnspec.backends.arrays import Array
from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.npz import Npz
from nnspec.data.dataset import PreparedRows
from nnspec.errors import DataError, did_you_mean, quoted
from nnspec.spec.data_section import Data
from nnspec.spec.data_steps import Path, column_names, step_lists
from nnspec.spec.document import Spec

if TYPE_CHECKING:
    from nnspec.spec.splitting import Split


def metadata_paths(spec: Spec) -> dict[str, Path]:
    """The path in the spec of each name that is neither an input's nor a target's, by the name."""
    paths = dict[str, Path]()
    split, weights = spec.data and spec.data.split, spec.train.sample_weight
    if weights is not None:
        paths[weights] = ("train", "sample_weight")
    if spec.data and split and split.name and not _is_target(spec.data, split):
        paths[split.name] = split.path
    return paths


def metadata_array(spec: Spec, rows: PreparedRows, name: str) -> Array:
    """An array of the rows' metadata; a DataError where the source has none of that name."""
    if name in rows.metadata:
        return rows.metadata[name]
    raise DataError(f"the source has no metadata {quoted(name)}", _hint(spec, rows, name))


def _hint(spec: Spec, rows: PreparedRows, name: str) -> str:
    """How the source would hold an array of metadata."""
    source = spec.data.source if spec.data else None
    if rows.metadata:
        return did_you_mean(name, list(rows.metadata))
    if isinstance(source, Npz):
        return f"write npz: {{..., metadata: {name}}} for an array of the archive"
    if isinstance(source, InlineRows):
        return f"write rows: {{..., metadata: {{{name}: [1, ...]}}}} with a number for each row"
    return ""


def _is_target(data: Data, split: Split) -> bool:
    """Whether rows are stratified by one of the targets."""
    if split.method != "stratified":
        return False
    named = (*step_lists(data.targets, ()), *column_names(data.targets))
    return split.name in named or split.name in getattr(data.source, "targets", ())
