"""Loss functions."""

from __future__ import annotations

MODULES = {
    "binary_crossentropy": "crossentropy",
    "binary_focal_crossentropy": "focal",
    "categorical_crossentropy": "crossentropy",
    "categorical_focal_crossentropy": "focal",
    "categorical_hinge": "hinge",
    "cosine_similarity": "regression",
    "half_squared_error": "regression",
    "hinge": "hinge",
    "huber": "regression",
    "kl_divergence": "probabilistic",
    "log_cosh": "regression",
    "mean_absolute_error": "regression",
    "mean_absolute_percentage_error": "regression",
    "mean_squared_error": "regression",
    "mean_squared_logarithmic_error": "regression",
    "poisson": "probabilistic",
    "sparse_categorical_crossentropy": "crossentropy",
    "squared_hinge": "hinge",
}
