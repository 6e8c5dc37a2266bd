"""Augmentation steps on arrays, for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.data.augmentation.augmented import AugmentedDataset
from nnspec.data.rows import Rows
from nnspec.options.validation import read_component

COUNT = 60


def images(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Random images (COUNT, *shape)."""
    return np.random.default_rng(0).normal(size=(COUNT, *shape)).astype(dtype)


def augmented(x: np.ndarray, *steps: Any, targets: Any = None, seed: int = 0) -> AugmentedDataset:
    """Rows of an array, with steps over them."""
    dataset: Any = Rows(x, np.zeros(len(x)) if targets is None else targets)
    for number, step in enumerate(steps):
        component = read_component("augmentation", step)
        dataset = AugmentedDataset(dataset, component, "", (seed, number, component.kind))
    return dataset


def inputs(x: np.ndarray, *steps: Any, epoch: int = 1) -> np.ndarray:
    """All rows of an array in an epoch, augmented by steps."""
    found: np.ndarray = augmented(x, *steps).take(np.arange(len(x)), epoch).inputs
    return found
