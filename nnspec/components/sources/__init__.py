"""Data sources: their options and what is known of their arrays before they are read."""

from __future__ import annotations

MODULES = {
    "csv": "tables",
    "feather": "tables",
    "mnist": "mnist",
    "ndjson": "tables",
    "npz": "npz",
    "parquet": "tables",
    "rows": "inline",
    "synthetic": "synthetic",
}
