"""Data sources: their options and what is known of their arrays before they are read."""

from __future__ import annotations

MODULES = {
    "mnist": "mnist",
    "npz": "npz",
    "rows": "inline",
    "synthetic": "synthetic",
}
