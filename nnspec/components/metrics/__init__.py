"""Metrics reported beside the loss."""

from __future__ import annotations

MODULES = {
    "accuracy": "classification",
    "auc": "ranking",
    "balanced_accuracy": "classification",
    "binary_accuracy": "classification",
    "binary_crossentropy": ".losses.crossentropy",
    "categorical_crossentropy": ".losses.crossentropy",
    "half_squared_error": ".losses.regression",
    "mean_squared_error": ".losses.regression",
    "sparse_categorical_crossentropy": ".losses.crossentropy",
}
