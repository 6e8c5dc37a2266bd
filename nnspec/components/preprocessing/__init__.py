"""Data preprocessing steps: their options and what they do to a TensorSpec."""

from __future__ import annotations

MODULES = {
    "cast": "encoding",
    "divide": "scaling",
    "flatten": "shape",
    "one_hot": "encoding",
    "ordinal": "encoding",
    "polynomial": "expansion",
    "reshape": "shape",
    "scale": "scaling",
    "shuffle_columns": "shape",
    "standardize": "scaling",
}
