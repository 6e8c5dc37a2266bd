"""Weight penalties that are added to the loss."""

from __future__ import annotations

MODULES = {
    "l1": "l1_l2",
    "l1_l2": "l1_l2",
    "l2": "l1_l2",
    "orthogonal": "orthogonal",
}
