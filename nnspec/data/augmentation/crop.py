"""The rule of random_crop."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.crop import RandomCrop
from nnspec.data.augmentation.image_rule import image_rule
from nnspec.randomness.philox import Floats


def crop_images(step: RandomCrop, x: Array, samples: Floats) -> Array:
    """Cut a part out of each padded image, its first row and column by two samples."""
    pad = (step.padding, step.padding)
    padded = np.pad(x, ((0, 0), pad, pad, (0, 0))) if step.padding else x
    left_over = padded.shape[1] - step.height, padded.shape[2] - step.width
    top, left = (
        np.floor(sample * (most + 1)).astype(np.int64)
        for sample, most in zip(samples, left_over, strict=True)
    )
    rows = top[:, None] + np.arange(step.height)
    columns = left[:, None] + np.arange(step.width)
    return padded[np.arange(len(x))[:, None, None], rows[:, :, None], columns[:, None, :]]


def crop_centre(step: RandomCrop, x: Array) -> Array:
    """The middle of each image (rows, height, width, ...), a view."""
    top, left = (
        (have - want) // 2
        for have, want in zip(x.shape[1:3], (step.height, step.width), strict=True)
    )
    return x[:, top : top + step.height, left : left + step.width]


random_crop = image_rule(crop_images, 2, crop_centre)
