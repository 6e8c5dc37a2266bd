"""Rules of the augmentation steps that move pixels."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.geometry import (
    RandomFlip,
    RandomRotation,
    RandomTranslation,
    RandomZoom,
)
from nnspec.data.augmentation.image_rule import image_rule
from nnspec.data.augmentation.resampling import resample
from nnspec.randomness.philox import Floats


def flip_images(step: RandomFlip, x: Array, samples: Floats) -> Array:
    """Mirror images by two samples each: left to right below 1/2, top to bottom below 1/2."""
    across, down = (sample < 0.5 for sample in samples)
    flipped = x.copy()
    if step.mode != "vertical":
        flipped[across] = x[across, :, ::-1]
    if step.mode != "horizontal":
        flipped[down] = flipped[down, ::-1]
    return flipped


def rotate_images(step: RandomRotation, x: Array, samples: Floats) -> Array:
    """Turn images about their centres by an angle each."""
    angles = 2.0 * np.pi * between(step.factor, samples[0])
    sine, cosine = np.sin(angles)[:, None, None], np.cos(angles)[:, None, None]
    (centre_y, y), (centre_x, x_) = _distances(x)
    return resample(
        step, x, centre_y + (x_ * sine + y * cosine), centre_x + (x_ * cosine - y * sine)
    )


def translate_images(step: RandomTranslation, x: Array, samples: Floats) -> Array:
    """Move images down and right by shares of their size."""
    height, width = x.shape[1:3]
    down = height * between(step.height_factor, samples[0])[:, None, None]
    right = width * between(step.width_factor, samples[1])[:, None, None]
    return resample(step, x, np.arange(height)[:, None] - down, np.arange(width) - right)


def zoom_images(step: RandomZoom, x: Array, samples: Floats) -> Array:
    """Make images smaller about their centres."""
    height = 1 + between(step.height_factor, samples[0])[:, None, None]
    width = height
    if step.width_factor is not None:
        width = 1 + between(step.width_factor, samples[1])[:, None, None]
    (centre_y, y), (centre_x, x_) = _distances(x)
    return resample(step, x, centre_y + y * height, centre_x + x_ * width)


def between(bounds: tuple[float, float], samples: Floats) -> Floats:
    """Samples of [0, 1) taken to a range."""
    low, high = bounds
    return low + (high - low) * samples


def _distances(x: Array) -> tuple[tuple[float, Floats], tuple[float, Floats]]:
    """For rows (height, 1) and columns (width): the centre, and the distances from it."""
    centre_y, centre_x = ((size - 1) / 2 for size in x.shape[1:3])
    down = np.arange(x.shape[1])[:, None] - centre_y
    return (centre_y, down), (centre_x, np.arange(x.shape[2]) - centre_x)


random_flip = image_rule(flip_images, 2)
random_rotation = image_rule(rotate_images, 1)
random_translation = image_rule(translate_images, 2)
random_zoom = image_rule(zoom_images, 2)
