"""Data sources: their options and what is known of their arrays before they are read."""

from __future__ import annotations

MODULES = {
    "arrays": "given",
    "cifar10": "published",
    "cifar100": "published",
    "csv": "tables",
    "fashion_mnist": "published",
    "feather": "tables",
    "frame": "given",
    "idx": "idx",
    "images": "images",
    "mnist": "mnist",
    "ndjson": "tables",
    "npy": "npy",
    "npz": "npz",
    "parquet": "tables",
    "rows": "inline",
    "synthetic": "synthetic",
}
