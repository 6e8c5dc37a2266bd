"""Data preprocessing steps: their options and what they do to a TensorSpec."""

from __future__ import annotations

MODULES = {
    "bucketize": "discretization",
    "cast": "encoding",
    "center_crop": "images",
    "clip": "scaling",
    "date_parts": "dates",
    "divide": "scaling",
    "flatten": "shape",
    "grayscale": "images",
    "hash": "hashing",
    "impute": "imputation",
    "log": "scaling",
    "normalize": "scaling",
    "one_hot": "categories",
    "ordinal": "categories",
    "polynomial": "expansion",
    "reshape": "shape",
    "resize": "images",
    "scale": "scaling",
    "shuffle_columns": "shape",
    "standardize": "scaling",
    "tokenize": "text",
}
