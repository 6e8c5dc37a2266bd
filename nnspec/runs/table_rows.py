"""New rows of a run over a table: the columns that it was trained on, with their types."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.backends.arrays import Array
from nnspec.components.sources.tables import TableSource
from nnspec.data.row_origin import GIVEN, RowOrigin
from nnspec.errors import cut, visible
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.data_section import Data
from nnspec.spec.document import Spec

if TYPE_CHECKING:
    from nnspec.data.tables.new_rows import NewRows, Types

_MAX_NAMED = 5  # columns in a note


class TableColumns(NamedTuple):
    """The source and the data section of a run, and the type of each column by its side."""

    source: TableSource
    data: Data
    inputs: Types
    targets: Types

    @classmethod
    def of(cls, spec: Spec) -> TableColumns | None:
        """The columns of a run's spec; None where its source is no table."""
        if spec.data is None or not isinstance(spec.data.source, TableSource):
            return None
        if spec.data_spec is None:
            return None
        inputs, targets = map(_types, spec.data_spec)
        return cls(spec.data.source, spec.data, inputs, targets)

    def given(self, raw: Any, origin: RowOrigin = GIVEN) -> dict[str, Array]:
        """The input columns of a map from names to values, or of a data frame."""
        from nnspec.data.tables.given_columns import given_columns  # few runs are over tables

        return given_columns(raw, self.inputs, origin)

    def read(self, path: Path, on_note: Callable[[str], None]) -> NewRows:
        """Read a file of new rows; without targets where it lacks some of them or one is wrong.

        `on_note` is told which columns are ignored, and why there are no targets.
        """
        from nnspec.data.tables.new_rows import read_new_rows

        rows = read_new_rows(path, *self)
        name = visible(path.name)
        if rows.unused:
            on_note(f"{name} has columns that the run does not use: {_listed(rows.unused)}")
        if rows.targets_problem:
            on_note(without_metrics(rows.targets_problem))
        if not rows.unlabelled:
            return rows
        targets = _listed(tuple(self.targets))
        on_note(without_metrics(f"{name} lacks {targets} in {rows.unlabelled:,} rows"))
        return rows._replace(targets=None)


def without_metrics(problem: str) -> str:
    """The note on targets that cannot be compared with predictions."""
    return f"{problem}: there are no metrics"


def _types(side: Any) -> dict[str, str]:
    """The type of each column of a side."""
    tensors: Mapping[str, TensorSpec] = side if isinstance(side, Mapping) else {}
    return {name: tensor.dtype for name, tensor in tensors.items()}


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return cut(visible(", ".join(names[:_MAX_NAMED]))) + more
