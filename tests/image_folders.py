"""Folders of small images that tests write."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image


def pixels(seed: int, height: int = 6, width: int = 4, channels: int = 3) -> Any:
    """Random pixels."""
    return np.random.default_rng(seed).integers(0, 256, (height, width, channels), "u1")


def write_image(path: Path, array: Any, **options: Any) -> None:
    """Write pixels to a file, whose folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, **options)


def write_classes(root: Path, names: str = "ba", each: int = 3, **size: int) -> None:
    """Write a folder with a sub-folder of PNG files for each name of one letter."""
    for name in names:
        for number in range(each):
            write_image(root / name / f"{number}.png", pixels(100 * ord(name) + number, **size))
