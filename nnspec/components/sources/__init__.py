"""Data sources: their options and what is known of their arrays before they are read."""

from __future__ import annotations

MODULES = {
    "idx": "idx",
    "mnist": "mnist",
    "npy": "npy",
    "npz": "npz",
    "rows": "inline",
    "synthetic": "synthetic",
}
