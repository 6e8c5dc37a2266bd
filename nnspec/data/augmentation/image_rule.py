"""Rules of the augmentation steps that change each image by itself."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.data.augmentation.training_batch import TrainingBatch, input_of, with_input
from nnspec.data.registry import AugmentationRule
from nnspec.data.rows import Rows
from nnspec.randomness.philox import Floats

_NUMBERS = 1 << 16  # of images that are changed at a time, in the processor's cache

# (step, images (rows, height, width, channels), uniform samples (draws, rows)) -> images
ImageFunction = Callable[[Any, Array, Floats], Array]


def image_rule(
    function: ImageFunction, draws: int, evaluate: Callable[[Any, Array], Array] | None = None
) -> AugmentationRule:
    """The rule that changes the images of rows, by so many uniform samples of each.

    Each image is computed alone, whatever others are computed with it.
    """

    def augment(step: Any, batch: TrainingBatch) -> Rows:
        rows, samples = batch.rows(), batch.noise.uniform(draws)
        images = augmented_images(function, step, input_of(rows, batch.name), samples)
        return with_input(rows, batch.name, images)

    return AugmentationRule(augment, evaluate) if evaluate else AugmentationRule(augment)


def augmented_images(function: ImageFunction, step: Any, x: Array, samples: Floats) -> Array:
    """Images (rows, height, width) or (rows, height, width, channels), changed block by block."""
    images = x if x.ndim == 4 else x[..., None]
    size = max(1, _NUMBERS // max(1, prod(images.shape[1:])))
    changed = function(step, images[:size], samples[:, :size])
    result = np.empty((len(images), *changed.shape[1:]), changed.dtype)
    result[:size] = changed
    for start in range(size, len(images), size):
        part = slice(start, start + size)
        result[part] = function(step, images[part], samples[:, part])
    return result if x.ndim == 4 else result[..., 0]
