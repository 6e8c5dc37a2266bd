"""Data sources: their options and what is known of their arrays before they are read."""

from __future__ import annotations

MODULES = {
    "cifar10": "published",
    "cifar100": "published",
    "fashion_mnist": "published",
    "idx": "idx",
    "mnist": "mnist",
    "npy": "npy",
    "npz": "npz",
    "rows": "inline",
    "synthetic": "synthetic",
}
