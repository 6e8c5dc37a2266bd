"""The regressor."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.utils import Tags, check_array

from nnspec.backends.arrays import Array
from nnspec.errors import DataError
from nnspec.sklearn.base import NNSpecEstimator
from nnspec.sklearn.errors import as_value_errors
from nnspec.sklearn.options import Head, network_spec
from nnspec.spec.document import Spec


class NNSpecRegressor(RegressorMixin, NNSpecEstimator):
    """A neural network that predicts numbers, one or several a row, for scikit-learn.

    Predictions are in the unit of `y`: the steps of a spec's targets, such as `standardize`, are
    undone.

    >>> from nnspec.sklearn import NNSpecRegressor
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]], [1.0, 3.0, 5.0, 7.0]
    >>> model = NNSpecRegressor(layers=[], epochs=300, learning_rate=0.05).fit(X, y)
    >>> model.predict([[4.0]]).round(2).tolist()
    [9.0]
    """

    def predict(self, X: Any) -> Array:  # noqa: N803
        """Numbers (rows,), or (rows, outputs) where `y` had several columns."""
        with as_value_errors():
            rows = self._prediction_rows(X)
            columns = self.run_.predict_columns(rows)
        (found,) = columns.values()
        values = np.column_stack([column.astype(np.float64) for column in found.values()])
        return values[:, 0] if self._single_column else values

    def _target_checks(self) -> dict[str, Any]:
        return {"multi_output": True, "y_numeric": True}

    def _checked_targets(self, y: Any, rows: int) -> Array:
        found = check_array(y, ensure_2d=False, input_name="y")
        if len(found) != rows:
            raise DataError(f"there are {rows:,} rows and {len(found):,} targets")
        return np.asarray(found)

    def _encoded(self, y: Array) -> Array:
        self._single_column = y.ndim == 1
        return np.asarray(y, np.float64)

    def _spec(self, spec: Spec | None, targets: Array) -> Spec:
        if spec is not None:
            return spec
        units = 1 if targets.ndim == 1 else targets.shape[1]
        head = Head(units, "linear", "mean_squared_error", "mean_absolute_error")
        return network_spec(self.get_params(deep=False), head)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
