"""Input columns that number or name the rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.splits import Splits
from nnspec.errors import quoted
from nnspec.lint.findings import Finding
from nnspec.spec.document import Spec
from nnspec.training.leaks.input_columns import input_columns, input_path


def id_columns(spec: Spec, raw: Splits) -> Iterator[Finding]:
    """Columns of different whole numbers without many gaps, or of different words, a row each."""
    for name, column in input_columns(raw).items():
        if _is_id(column):
            message = f"each training row has its own {quoted(name)}"
            yield Finding(input_path(spec, name), message)


def _is_id(column: Array) -> bool:
    if column.dtype.kind not in "Tiu" or len(np.unique(column)) < len(column):
        return False
    if column.dtype.kind == "T":
        return not any(" " in text.strip() for text in column.tolist())
    return int(column.max()) - int(column.min()) < 2 * len(column)
