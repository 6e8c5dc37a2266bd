"""Shapes of prepared rows that only the data tell, such as how many categories a column has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.components.preprocessing.base import prepared
from nnspec.components.sources.base import DataSpec
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.rows import Rows
from nnspec.spec.document import Spec


def with_fitted_shapes(spec: Spec, preprocessing: FittedPreprocessing, train: Rows) -> Spec:
    """The spec with the shapes that a fitted preprocessing gives rows, which none has to be."""
    empty = preprocessing.before_augmentation.apply(train.take(slice(0, 0)))
    return spec.with_prepared_spec(prepared_spec(empty))


def prepared_spec(rows: Rows) -> DataSpec:
    """Shape and dtype of prepared rows; real numbers are of the network's type."""
    return DataSpec(*map(_prepared, rows.data_spec()))


def _prepared(side: Any) -> Any:
    """The TensorSpec of the only array of a side, or of each, as the network gets it."""
    if isinstance(side, Mapping):
        return {name: prepared(row) for name, row in side.items()}
    return prepared(side)
