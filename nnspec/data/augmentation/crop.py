"""The rule of random_crop."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.augmentation.crop import RandomCrop
from nnspec.data.augmentation.image_rule import image_rule
from nnspec.data.preprocessing.images import middle
from nnspec.randomness.philox import Floats


def crop_images(step: RandomCrop, x: Array, samples: Floats) -> Array:
    """Cut a part out of each padded image, its first row and column by two samples."""
    height, width = x.shape[1:3]
    rows = _spans(samples[0], height, step.height, step.padding)
    columns = _spans(samples[1], width, step.width, step.padding)
    cropped = np.zeros((len(x), step.height, step.width, x.shape[3]), x.dtype)
    for new, old, (to_rows, from_rows), (to_columns, from_columns) in zip(
        cropped, x, rows, columns, strict=True
    ):
        new[to_rows, to_columns] = old[from_rows, from_columns]
    return cropped


def _spans(samples: Floats, size: int, length: int, padding: int) -> Iterator[tuple[slice, slice]]:
    """For each image, which places of a part of an axis hold pixels, and which pixels these are."""
    choices = size + 2 * padding - length + 1
    for first in np.floor(samples * choices).astype(np.int64).tolist():
        start = first - padding  # of the part, in the image
        low, high = max(start, 0), min(start + length, size)
        yield slice(low - start, high - start), slice(low, high)


def _center_crop(step: RandomCrop, x: Array) -> Array:
    return middle(x, (step.height, step.width))


random_crop = image_rule(crop_images, 2, _center_crop)
