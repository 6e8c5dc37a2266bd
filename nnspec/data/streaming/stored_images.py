"""Images that stay in their files: they are decoded where rows of them are taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Indices
from nnspec.components.sources.images import Color
from nnspec.data.formats.images import decode_image
from nnspec.data.image_files import DecodedImages, Size, decode_images, decoding_error, failures
from nnspec.data.streaming.stored_array import StoredArray, row_numbers
from nnspec.errors import DataError

_CHANGED = "it was whole when the run began"


class StoredImages(StoredArray):
    """Pixels (rows, height, width, channels) in uint8 of images in files."""

    def __init__(self, paths: Sequence[Path], color: Color, size: Size) -> None:
        self.paths, self.color, self.size = paths, color, size
        self.dtype = np.dtype(np.uint8)
        self.shape = (len(paths), *size, 1 if color == "gray" else 3)

    def __getitem__(self, selection: slice | Indices | Sequence[int]) -> StoredImages:
        """Some of the images; others between them are never decoded."""
        paths = [self.paths[row] for row in row_numbers(selection, len(self))]
        return StoredImages(paths, self.color, self.size)

    def read(self, start: int, stop: int) -> Array:
        """Decode images, by several threads; a DataError where one cannot be decoded any more."""
        decoded = decode_images(self.paths[start:stop], self.color, self.size)
        if decoded.failed:
            error = decoding_error(decoded.failed, stop - start, "")
            raise DataError(error.message, _CHANGED)
        return decoded.pixels


def stored_images(paths: Sequence[Path], color: Color, size: Size) -> DecodedImages:
    """Images that are decoded where they are taken, each of which has been decoded once."""
    pixels: Any = StoredImages(paths, color, size)
    return DecodedImages(pixels, failures(lambda path: decode_image(path, color, size), paths))
