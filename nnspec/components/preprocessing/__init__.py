"""Data preprocessing steps: their options and what they do to a TensorSpec."""

from __future__ import annotations

MODULES = {
    "bucketize": "discretization",
    "cast": "encoding",
    "clip": "scaling",
    "date_parts": "dates",
    "divide": "scaling",
    "flatten": "shape",
    "hash": "hashing",
    "impute": "imputation",
    "log": "scaling",
    "normalize": "scaling",
    "one_hot": "categories",
    "ordinal": "categories",
    "polynomial": "expansion",
    "reshape": "shape",
    "scale": "scaling",
    "shuffle_columns": "shape",
    "standardize": "scaling",
    "tokenize": "text",
}
