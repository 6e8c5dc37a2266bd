"""Data preprocessing steps: their options and what they do to a TensorSpec."""

from __future__ import annotations

MODULES = {
    "cast": "encoding",
    "center_crop": "images",
    "divide": "scaling",
    "flatten": "shape",
    "grayscale": "images",
    "one_hot": "encoding",
    "ordinal": "encoding",
    "polynomial": "expansion",
    "reshape": "shape",
    "resize": "images",
    "scale": "scaling",
    "shuffle_columns": "shape",
    "standardize": "scaling",
}
