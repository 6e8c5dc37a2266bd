"""A search of scikit-learn finds what a `tune` section finds."""

from __future__ import annotations

import numpy as np
import pytest

import nnspec
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.training.loop import never_stop
from nnspec.tuning.cross_validation import CrossValidation
from nnspec.tuning.trial_spec import trial_spec

pytest.importorskip("sklearn")

from sklearn.model_selection import GridSearchCV

from nnspec.sklearn import NNSpecClassifier

RATES = [0.0001, 0.03, 3.0]
NUMBERS = np.random.default_rng(1).normal(size=(60, 2))
CLASSES = (NUMBERS[:, 0] > NUMBERS[:, 1]).astype(int)


def spec():
    """A spec with rows, and a choice of learning rates by three folds."""
    return nnspec.load({
        "data": {
            "source": {"rows": {"inputs": NUMBERS.tolist(), "targets": CLASSES.tolist()}},
            "inputs": ["standardize"],
        },
        "network": {"layers": [{"dense": 4}, "relu", {"dense": 1}, "sigmoid"]},
        "loss": "binary_crossentropy", "optimizer": "sgd", "metrics": ["accuracy"],
        "train": {"epochs": 3, "batch_size": 8, "seed": 3},
        "tune": {"parameters": {"optimizer.learning_rate": RATES}, "folds": 3, "seed": 5},
    })  # fmt: skip


def searched(made):
    """The search over the folds of the `tune` section."""
    rows = folds.tuning_rows(made, made.tune)
    parts = [(fold.train, fold.validation) for fold in folds.assign_folds(made, made.tune, rows)]
    model = NNSpecClassifier(made, precision="float32")
    return GridSearchCV(model, {"optimizer__learning_rate": RATES}, cv=parts).fit(NUMBERS, CLASSES)


def test_the_same_folds_and_seed_give_the_same_scores():
    made = spec()
    validation, search = CrossValidation(made.tune, "accuracy", ComputeConfig()), searched(made)
    for number, rate in enumerate(RATES):
        trial = trial_spec(made, {"optimizer.learning_rate": rate})
        for fold in range(3):
            score = search.cv_results_[f"split{fold}_test_score"][number]
            assert score == validation.evaluate_fold(trial, fold, never_stop)
    assert search.best_index_ > 0


@pytest.mark.framework
def test_the_best_learning_rate_is_that_of_tune(tmp_path):
    pytest.importorskip("optuna")
    made = spec()
    best = nnspec.tune(made, out=tmp_path, jobs=1).results.best
    search = searched(made)
    assert (
        search.best_params_["optimizer__learning_rate"]
        == best.parameters["optimizer.learning_rate"]
    )
    assert search.best_score_ == pytest.approx(best.mean)
