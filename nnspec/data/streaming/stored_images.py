"""Images that are decoded once, block by block, to an array in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.components.sources.image_header import ImageError
from nnspec.data.image_files import DecodedImages, decode_images
from nnspec.data.image_pixels import ImagePixels
from nnspec.data.streaming.temporary_array import TemporaryArray

_BLOCK_BYTES = 1 << 24  # of pixels that are in memory at a time


def stored_images(paths: Sequence[Path], image: ImagePixels) -> DecodedImages:
    """Decode images to an array (rows, height, width, channels) in uint8 that is not in memory."""
    pixels = TemporaryArray((len(paths), *image.shape), np.dtype(np.uint8))
    failed = dict[int, ImageError]()
    size = max(1, _BLOCK_BYTES // pixels.row_bytes)
    for start in range(0, len(paths), size):
        block = decode_images(paths[start : start + size], image)
        pixels.append(block.pixels)
        failed |= {start + row: error for row, error in block.failed.items()}
    stored: Any = pixels
    return DecodedImages(stored, failed)
