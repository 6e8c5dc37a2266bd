"""Metrics reported beside the loss."""

from __future__ import annotations

MODULES = {
    "accuracy": "classification",
    "auc": "ranking",
    "balanced_accuracy": "classification",
    "binary_accuracy": "classification",
    "binary_crossentropy": ".losses.crossentropy",
    "binary_focal_crossentropy": ".losses.focal",
    "categorical_crossentropy": ".losses.crossentropy",
    "categorical_focal_crossentropy": ".losses.focal",
    "categorical_hinge": ".losses.hinge",
    "cosine_similarity": "regression",
    "f1_score": "class_counts",
    "half_squared_error": ".losses.regression",
    "hinge": ".losses.hinge",
    "huber": ".losses.regression",
    "kl_divergence": ".losses.probabilistic",
    "log_cosh": ".losses.regression",
    "mean_absolute_error": ".losses.regression",
    "mean_absolute_percentage_error": ".losses.regression",
    "mean_squared_error": ".losses.regression",
    "mean_squared_logarithmic_error": ".losses.regression",
    "poisson": ".losses.probabilistic",
    "precision": "class_counts",
    "r2_score": "regression",
    "recall": "class_counts",
    "root_mean_squared_error": "regression",
    "sparse_categorical_crossentropy": ".losses.crossentropy",
    "squared_hinge": ".losses.hinge",
    "top_k_categorical_accuracy": "classification",
}
