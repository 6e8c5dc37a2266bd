"""What the classifier and the regressor have in common: parameters, validation of rows, a fit."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import suppress
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from nnspec.api.run import Run
from nnspec.api.table_data import TARGET, target_names
from nnspec.api.training import run
from nnspec.backends.arrays import Array
from nnspec.components.sources.given import Frame
from nnspec.compute import Precision
from nnspec.data.tables.given_columns import is_frame
from nnspec.errors import DataError, NnspecError
from nnspec.sklearn.errors import as_value_errors
from nnspec.sklearn.options import is_path, option_of, own_spec, to_name, to_path
from nnspec.spec.data_steps import has_columns, step_lists
from nnspec.spec.document import Spec


class NNSpecEstimator(BaseEstimator):
    """Parameters of both estimators, and how rows reach their run.

    `spec` is whatever `nnspec.load` takes. Without one a network of dense `layers` is trained, with
    `activation` between them and Adam, on inputs (and targets of a regressor) that are standardized
    unless `standardize` is False. `optimizer`, `learning_rate`, `epochs`, `batch_size` and
    `random_state`, the seed, change the spec's own values where they are not None. `overrides` maps
    further paths in the spec to values: `set_params(train__shuffle=False)` adds `train.shuffle`.
    They compute in float64, as scikit-learn does, unless `precision` says otherwise.
    """

    def __init__(
        self,
        spec: Any = None,
        *,
        layers: Any = None,
        activation: Any = None,
        standardize: bool | None = None,
        optimizer: Any = None,
        learning_rate: Any = None,
        epochs: int | None = None,
        batch_size: Any = None,
        random_state: Any = None,
        overrides: Any = None,
        backend: str = "numpy",
        precision: Precision = "float64",
        device: str = "cpu",
    ) -> None:
        self.spec = spec
        self.layers = layers
        self.activation = activation
        self.standardize = standardize
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.batch_size = batch_size
        self.random_state = random_state
        self.overrides = overrides
        self.backend = backend
        self.precision = precision
        self.device = device

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters; `deep` adds each override by a name such as `train__shuffle`."""
        params: dict[str, Any] = super().get_params(deep=False)
        if deep and isinstance(self.overrides, dict):
            params |= {to_name(path): value for path, value in self.overrides.items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Set parameters, and values in the spec by names such as `train__shuffle`.

        What an option sets is set as that option: `optimizer__learning_rate` is `learning_rate`.
        """
        paths = {name: to_path(name) for name in params if is_path(name)}
        options = {name: option for name, path in paths.items() if (option := option_of(path))}
        own = {n: value for n, value in params.items() if n not in paths}
        super().set_params(**own, **{one: params[name] for name, one in options.items()})
        changes = {path: params[n] for n, path in paths.items() if n not in options}
        if changes:
            self.overrides = {**(self.overrides or {}), **changes}
        return self

    @property
    def history_(self) -> dict[str, list[float]]:
        """The metrics of each epoch."""
        return self.run_.history

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:  # noqa: N803
        """Train on rows `X` with targets `y`; `sample_weight` weighs the loss of each row.

        X is an array (rows, features), or a frame where the spec's data section names columns.
        Weights are scaled to a mean of 1; rows of weight 0 are left out. Raises ValueError where
        the spec or the rows are wrong, or the training diverges.
        """
        with as_value_errors():
            self._fit(X, y, sample_weight)
        return self

    def _fit(self, x: Any, y: Any, sample_weight: Any) -> None:
        spec = None if self.spec is None else own_spec(self.get_params(deep=False))
        x, y = self._checked_rows(spec, x, y)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, x, ensure_non_negative=True)
            x, y, weights = _weighted_rows(x, y, weights)
        targets = self._encoded(y)
        spec = self._spec(spec, targets)
        names = target_names(spec) or [TARGET]
        data = (x, targets) if len(names) != 1 or not is_frame(x) else (x, {names[0]: targets})
        trained = run(
            spec, data=data, sample_weight=weights, backend=self.backend,
            precision=self.precision, device=self.device,
        )  # fmt: skip
        self._check_outputs(trained)
        self.run_, self.n_iter_ = trained.without_rows(), trained.epochs

    def _checked_rows(self, spec: Spec | None, x: Any, y: Any) -> tuple[Any, Any]:
        """Rows as arrays of numbers, or a frame as it is where the spec names its columns."""
        if _takes_columns(spec):
            _require_frame(x)
            validate_data(self, x, skip_check_array=True)
            return x, self._checked_targets(y, len(x))
        return validate_data(self, x, y, **self._checks(spec), **self._target_checks())

    def _checks(self, spec: Spec | None) -> dict[str, Any]:
        """What scikit-learn is to check of rows: images may have more axes."""
        finite = "allow-nan" if _imputes(spec) else True
        has_own = self.spec is not None
        return {"dtype": "numeric", "allow_nd": has_own, "ensure_all_finite": finite}

    @abstractmethod
    def _target_checks(self) -> dict[str, Any]:
        """What scikit-learn is to check of targets beside arrays."""

    @abstractmethod
    def _checked_targets(self, y: Any, rows: int) -> Array:
        """Targets beside a frame of so many rows."""

    @abstractmethod
    def _encoded(self, y: Array) -> Array:
        """Targets as numbers."""

    @abstractmethod
    def _spec(self, spec: Spec | None, targets: Array) -> Spec:
        """The spec that is trained, of the user's own or of none."""

    def _check_outputs(self, run: Run) -> None:
        """Raise NnspecError where the outputs of a network are not what is predicted."""
        if len(run.network.outputs) != 1:
            raise NnspecError("an estimator predicts one output, and the spec's network has more")

    def _prediction_rows(self, x: Any) -> Any:
        """Checked rows to predict."""
        check_is_fitted(self)
        data = self.run_.spec.data
        if data is not None and isinstance(data.source, Frame):
            _require_frame(x)
            validate_data(self, x, reset=False, skip_check_array=True)
            return x
        return validate_data(self, x, reset=False, **self._checks(self.run_.spec))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        with suppress(NnspecError):  # `fit` tells what is wrong with a spec
            spec = None if self.spec is None else own_spec(self.get_params(deep=False))
            tags.input_tags.allow_nan = _imputes(spec)
        return tags


def _takes_columns(spec: Spec | None) -> bool:
    return spec is not None and spec.data is not None and has_columns(spec.data.inputs)


def _imputes(spec: Spec | None) -> bool:
    """Whether a step of the inputs fills in missing values."""
    if spec is None or spec.data is None:
        return False
    lists = step_lists(spec.data.inputs, ()).values()
    return any(step.kind == "impute" for ones in lists for one in ones for step in one.steps)


def _require_frame(x: Any) -> None:
    if not is_frame(x):
        raise DataError("the spec names columns, and the rows are no data frame")


def _weighted_rows(x: Any, y: Array, weights: Array) -> tuple[Any, Array, Array]:
    """The rows whose weight is above 0, and their weights scaled to a mean of 1."""
    chosen = np.flatnonzero(weights)
    if not len(chosen):
        raise DataError("all sample weights are zero: no row is trained on")
    kept = weights[chosen]
    return _take(x, chosen), y[chosen], kept / kept.mean()


def _take(x: Any, rows: Array) -> Any:
    from sklearn.utils import _safe_indexing

    return _safe_indexing(x, rows)
