"""scikit-learn's network of the same width, on the columns of a spec as one prepares them there.

Numbers: the mean where one is missing, then standardized. Text: the most frequent value, then a
column for each. Dates: year, month and day. Images: their pixels, standardized.
"""

from __future__ import annotations

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import LabelEncoder, OneHotEncoder, StandardScaler

from nnspec.data.preprocessing.fitted import require_data
from nnspec.data.rows import Rows
from nnspec.spec.data_steps import as_names, step_lists
from nnspec.spec.document import Spec


class Peer:
    """An MLPClassifier or MLPRegressor, and what prepares its rows."""

    def __init__(self, spec: Spec, *, is_number: bool) -> None:
        network = MLPRegressor if is_number else MLPClassifier
        self.network = network(hidden_layer_sizes=hidden_units(spec), random_state=0, max_iter=1000)
        self.targets = StandardScaler() if is_number else LabelEncoder()
        self.categories = category_names(spec)
        self.is_number = is_number
        self.columns: dict[str, object] = {}

    def fit(self, rows: Rows) -> None:
        """Fit the preparation and the network."""
        import warnings

        self.columns = {
            name: self._pipeline(name, column).fit(column)
            for name, column in _columns(rows).items()
        }
        with warnings.catch_warnings():  # 1,000 epochs may end before it converges
            warnings.simplefilter("ignore")
            self.network.fit(self._prepared(rows), self._fit_targets(rows))

    def predict(self, rows: Rows) -> tuple[np.ndarray, np.ndarray]:
        """Targets and predictions: numbers, or the probabilities of classes."""
        x = self._prepared(rows)
        if self.is_number:
            return self.targets.transform(_target(rows)[:, None]), self.network.predict(x)
        return self.targets.transform(_target(rows)), self.network.predict_proba(x)

    def _fit_targets(self, rows: Rows) -> np.ndarray:
        y = _target(rows)
        if self.is_number:
            return self.targets.fit_transform(y[:, None]).ravel()
        return self.targets.fit_transform(y)

    def _pipeline(self, name: str, column: np.ndarray) -> object:
        if column.dtype.kind == "O" or name in self.categories:
            missing = SimpleImputer(strategy="most_frequent", missing_values=_missing(column))
            return make_pipeline(missing, OneHotEncoder(handle_unknown="ignore"))
        return make_pipeline(SimpleImputer(), StandardScaler())

    def _prepared(self, rows: Rows) -> np.ndarray:
        parts = [self.columns[name].transform(column) for name, column in _columns(rows).items()]
        return np.hstack(
            [part if isinstance(part, np.ndarray) else part.toarray() for part in parts]
        )


def _missing(column: np.ndarray) -> object:
    return "" if column.dtype.kind == "O" else np.nan


def _columns(rows: Rows) -> dict[str, np.ndarray]:
    """Each column of raw inputs, (rows, n)."""
    if not isinstance(rows.inputs, dict):
        return {"inputs": rows.inputs.reshape(rows.rows, -1).astype(float)}
    return {name: _column(array) for name, array in rows.inputs.items()}


def _column(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "T":
        return np.array(array.tolist(), dtype=object)[:, None]
    if array.dtype.kind == "M":
        year, month, day = (array.astype(f"datetime64[{unit}]") for unit in "YMD")
        parts = (
            year.astype(int),
            month.astype(int) % 12,
            (day - month.astype(day.dtype)).astype(int),
        )
        return np.stack(parts, axis=1).astype(float)
    return array.astype(float)[:, None]


def _target(rows: Rows) -> np.ndarray:
    values = rows.targets
    array = next(iter(values.values())) if isinstance(values, dict) else values
    return np.array(array.tolist())


def hidden_units(spec: Spec) -> tuple[int, ...]:
    """The units of the dense layers but the last."""
    units = [layer.units for layer in spec.network.layers if layer.kind == "dense"]
    return tuple(units[:-1])


def category_names(spec: Spec) -> set[str]:
    """The columns that a spec prepares with one_hot."""
    lists = [one for lists in step_lists(require_data(spec).inputs, ()).values() for one in lists]
    return {
        name
        for one in lists
        if any(step.kind == "one_hot" for step in one.steps)
        for name in as_names(one.columns or ())
    }
