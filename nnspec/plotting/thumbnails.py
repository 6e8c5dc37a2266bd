"""Small images as PNG files, and as braille characters for a terminal."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

_BRAILLE = 0x2800
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # 4 rows, 2 columns


def is_image(row: Array) -> bool:
    """Whether an input row is (height, width), or an image with 1 or 3 channels."""
    return row.ndim == 2 or (row.ndim == 3 and row.shape[2] in (1, 3))


def png(row: Array, zoom: int = 8) -> bytes:
    """A row as PNG bytes, each value `zoom` x `zoom` pixels; grey images are dark on white."""
    from PIL import Image

    image = Image.fromarray(_bytes(row))
    file = io.BytesIO()
    size = (image.width * zoom, image.height * zoom)
    image.resize(size, Image.Resampling.NEAREST).save(file, "PNG")
    return file.getvalue()


def dots(row: Array) -> list[str]:
    """A row as lines of braille characters, each 4 x 2 values; a dot where the ink is >= 128."""
    ink = 255 - (_bytes(row) if row.ndim == 2 or row.shape[2] == 1 else _bytes(row).mean(axis=2))
    ink = np.pad(ink, [(0, -ink.shape[0] % 4), (0, -ink.shape[1] % 2)])
    cells = (ink >= 128).reshape(ink.shape[0] // 4, 4, ink.shape[1] // 2, 2)
    codes = (cells * _DOTS[None, :, None, :]).sum(axis=(1, 3))
    return ["".join(chr(_BRAILLE + int(code)) for code in line) for line in codes]


def side_by_side(pictures: list[list[str]], gap: str = "  ") -> str:
    """Join pictures of equal height line by line."""
    return "\n".join(gap.join(lines) for lines in zip(*pictures, strict=True))


def _bytes(row: Array) -> NDArray[np.uint8]:
    """Values scaled to 0..255; grey images are inverted, because larger is darker."""
    low, high = float(row.min()), float(row.max())
    share = (row.astype(np.float64) - low) / ((high - low) or 1.0)
    grey = row.ndim == 2 or row.shape[2] == 1
    values = np.rint(255 * ((1 - share) if grey else share)).astype(np.uint8)
    return values.reshape(row.shape[:2]) if grey else values
