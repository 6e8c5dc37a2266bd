"""The columns of a table that are inputs, and where the spec names them."""

from __future__ import annotations

from nnspec.backends.arrays import Arrays, by_name
from nnspec.data.splits import Splits
from nnspec.graph.ir import Path
from nnspec.spec.data_steps import column_path
from nnspec.spec.document import Spec

MIN_ROWS = 20  # from which on a column can be told to be a leak


def input_columns(raw: Splits) -> Arrays:
    """The training values of the input columns of a table; none of one column or few rows.

    The only input of a network is meant to tell the target.
    """
    inputs = by_name(raw.train.inputs)
    if not raw.train.is_table or len(inputs) < 2 or raw.train.rows < MIN_ROWS:
        return {}
    return {name: column for name, column in inputs.items() if column.ndim == 1}


def input_path(spec: Spec, name: str) -> Path:
    """Where the data section names an input column."""
    steps = spec.data.inputs if spec.data else ()
    return column_path(steps, ("data", "inputs"), name)
