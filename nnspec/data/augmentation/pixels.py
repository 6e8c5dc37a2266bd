"""Rules of the augmentation steps that change pixels where they are."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.pixels import Cutout, RandomContrast
from nnspec.data.augmentation.geometry import between
from nnspec.data.augmentation.image_rule import image_rule
from nnspec.randomness.philox import Floats


def change_contrast(step: RandomContrast, x: Array, samples: Floats) -> Array:
    """Multiply the distances of pixels from the mean of their channel by a factor an image."""
    lower, upper = step.factor
    factor = between((1 - lower, 1 + upper), samples[0]).astype(x.dtype)[:, None, None, None]
    mean = _channel_means(x)
    return mean + (x - mean) * factor


def _channel_means(x: Array) -> Array:
    """The means (n, 1, 1, channels), each summed in float64 over one image in the same order."""
    n, height, width, channels = x.shape
    pixels = x.reshape(n, height * width, channels).transpose(0, 2, 1)
    means = np.ascontiguousarray(pixels, np.float64).mean(axis=2)
    return means.astype(x.dtype).reshape(n, 1, 1, channels)


def cut_out(step: Cutout, x: Array, samples: Floats) -> Array:
    """Fill a square of each image, its middle by two samples."""
    down, across = (
        _covered(step.size, size, sample)
        for size, sample in zip(x.shape[1:3], samples, strict=True)
    )
    filled = x.copy()
    filled[down[:, :, None] & across[:, None, :]] = step.fill_value
    return filled


def _covered(length: int, size: int, samples: Floats) -> Array:
    """Which places of an axis are in the square (n, size)."""
    first = np.floor(samples * size)[:, None] - length // 2
    places = np.arange(size)
    covered: Array = (places >= first) & (places < first + length)
    return covered


random_contrast = image_rule(change_contrast, 1)
cutout = image_rule(cut_out, 2)
