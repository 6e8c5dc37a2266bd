"""scikit-learn's own checks of estimators."""

from __future__ import annotations

import pytest

pytest.importorskip("sklearn")

from sklearn.utils.estimator_checks import parametrize_with_checks

from nnspec.sklearn import NNSpecClassifier, NNSpecRegressor

# A weight of 2 is a row that comes twice, as one of the checks demands, where a batch has all rows
# and they are not standardized, which counts rows alike.
OPTIONS = {
    "layers": [8], "epochs": 25, "learning_rate": 0.05, "batch_size": "all", "standardize": False,
}  # fmt: skip


@parametrize_with_checks([NNSpecClassifier(**OPTIONS), NNSpecRegressor(**OPTIONS)])
@pytest.mark.filterwarnings("ignore")  # the checks warn of what they skip
def test_check(estimator, check):
    check(estimator)
