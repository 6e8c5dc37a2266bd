"""The contract that the columns of a spec's table keep."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.sources.tables import TableSource
from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.reading import read_rows
from nnspec.data.rows import Rows
from nnspec.errors import DataError, Problem
from nnspec.spec.column_contracts import ColumnContract
from nnspec.spec.document import Spec


def kept_contract(spec: Spec) -> dict[str, dict[str, Any]]:
    """What `data: columns` says where it is what all rows keep of the columns that are read.

    Raises DataError where the source is no table.
    """
    if not isinstance(require_data(spec).source, TableSource):
        message = "a contract is of the columns of a table, and the source has arrays"
        raise DataError(Problem(message, spec.locate("data", "source")))
    from nnspec.data.tables.contract_inference import contract_of, plain_contract  # of tables alone

    train, test, *_ = read_rows(spec)
    parts = [_columns(rows) for rows in (train, test) if rows is not None]
    joined = {
        name: np.concatenate([np.asarray(part[name]) for part in parts if name in part])
        for name in parts[0]
    }
    kept = {name: contract_of(column) for name, column in joined.items()}
    given = require_data(spec).columns or {}
    return {name: plain_contract(_as_written(one, given.get(name))) for name, one in kept.items()}


def _as_written(kept: ColumnContract, given: ColumnContract | None) -> ColumnContract:
    """A contract with what the spec says of how the column's cells are written."""
    return kept.replace(format=given.format, unit=given.unit) if given else kept


def _columns(rows: Rows) -> dict[str, Array]:
    """All columns of rows, each once."""
    return {**dict(rows.arrays()), **rows.metadata}
