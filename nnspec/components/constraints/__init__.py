"""Constraints: what a trained weight is replaced by after each update."""

from __future__ import annotations

MODULES = {
    "max_norm": "norms",
    "min_max_norm": "norms",
    "non_neg": "non_negative",
    "unit_norm": "norms",
}
