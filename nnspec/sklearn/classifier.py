"""The classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from nnspec.analysis.misclassified import both_classes, classifiers
from nnspec.api.run import Run
from nnspec.api.specs import load
from nnspec.backends.arrays import Array, only
from nnspec.components.losses.base import Loss
from nnspec.errors import DataError, NnspecError
from nnspec.graph.objectives import objectives
from nnspec.sklearn.base import NNSpecEstimator
from nnspec.sklearn.errors import as_value_errors
from nnspec.sklearn.options import Head, network_spec
from nnspec.spec.data_steps import has_columns, step_lists
from nnspec.spec.document import Spec


class NNSpecClassifier(ClassifierMixin, NNSpecEstimator):
    """A neural network that chooses one of the classes in `y`, for scikit-learn.

    The classes reach a spec as whole numbers from 0 on, in the order of `classes_`; where its
    targets have no steps and its loss takes one-hot rows, they are made such. The network ends in
    a unit a class, or of two classes in one unit.

    >>> from nnspec.sklearn import NNSpecClassifier
    >>> X, y = [[0.0], [0.1], [0.9], [1.0]], ["low", "low", "high", "high"]
    >>> model = NNSpecClassifier(layers=[4], epochs=50, learning_rate=0.1).fit(X, y)
    >>> model.predict([[0.05], [0.95]]).tolist()
    ['low', 'high']
    """

    def predict(self, X: Any) -> Array:  # noqa: N803
        """The most probable class of each row."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def predict_proba(self, X: Any) -> Array:  # noqa: N803
        """The probability of each class, (rows, classes), in the order of `classes_`."""
        with as_value_errors():
            outputs = self.run_outputs(X)
        shares = both_classes(outputs.astype(np.float64))
        return shares / shares.sum(axis=1, keepdims=True)

    def run_outputs(self, X: Any) -> Array:  # noqa: N803
        """What the network gives for rows."""
        rows = self._prediction_rows(X)
        return only(self.run_.predict_outputs(rows))

    def _target_checks(self) -> dict[str, Any]:
        return {}

    def _checked_targets(self, y: Any, rows: int) -> Array:
        found = column_or_1d(y, warn=True)
        if len(found) != rows:
            raise DataError(f"there are {rows:,} rows and {len(found):,} targets")
        return np.asarray(found)

    def _encoded(self, y: Array) -> Array:
        check_classification_targets(y)
        self.classes_, codes = np.unique(column_or_1d(y, warn=True), return_inverse=True)
        if len(self.classes_) < 2:
            raise DataError("a classifier needs rows of two classes, and y has 1 class")
        return np.asarray(codes)

    def _spec(self, spec: Spec | None, targets: Array) -> Spec:
        count = len(self.classes_)
        if spec is None:
            return network_spec(self.get_params(deep=False), _head(count))
        return _with_one_hot(spec, count)

    def _check_outputs(self, run: Run) -> None:
        super()._check_outputs(run)
        graph = run.network.graph
        if not classifiers(objectives(run.spec, graph), graph):
            hint = "end in softmax or sigmoid, with a cross-entropy"
            raise NnspecError("the network's outputs are no probabilities of classes", hint)
        (output,) = run.network.outputs.values()
        units = 2 if output.shape == (1,) else output.shape[-1]
        if units != len(self.classes_):
            message = f"the network tells {units:,} classes apart, and y has {len(self.classes_):,}"
            raise NnspecError(message, "the last layer has a unit a class, or one unit for two")


def _head(classes: int) -> Head:
    """How a network of options ends, by the number of classes."""
    if classes == 2:
        return Head(1, "sigmoid", "binary_crossentropy", "accuracy", ())
    steps = ({"one_hot": classes},)
    return Head(classes, "softmax", "categorical_crossentropy", "accuracy", steps)


def _with_one_hot(spec: Spec, classes: int) -> Spec:
    """The spec, whose targets become one-hot rows where its loss takes them, and nothing does."""
    if not isinstance(spec.loss, Loss) or spec.loss.targets != "distributions":
        return spec
    steps = [{"one_hot": classes}]
    if spec.data is None:
        return load(spec, {"data": {"source": "arrays", "targets": steps}})
    lists = step_lists(spec.data.targets, ()).values()
    if any(one.steps for ones in lists for one in ones):
        return spec
    path = "data.targets.steps" if has_columns(spec.data.targets) else "data.targets"
    return load(spec, {path: steps})
