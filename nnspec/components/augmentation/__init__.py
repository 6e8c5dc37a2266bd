"""Augmentation steps: their options and what they do to a TensorSpec."""

from __future__ import annotations

MODULES = {
    "cutout": "pixels",
    "mixup": "mixing",
    "random_contrast": "pixels",
    "random_crop": "crop",
    "random_flip": "geometry",
    "random_rotation": "geometry",
    "random_translation": "geometry",
    "random_zoom": "geometry",
}
