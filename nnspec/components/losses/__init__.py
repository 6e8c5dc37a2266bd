"""Loss functions."""

from __future__ import annotations

MODULES = {
    "binary_crossentropy": "crossentropy",
    "categorical_crossentropy": "crossentropy",
    "half_squared_error": "regression",
    "mean_squared_error": "regression",
    "sparse_categorical_crossentropy": "crossentropy",
}
