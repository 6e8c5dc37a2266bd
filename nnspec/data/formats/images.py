"""Decoding of images to arrays of bytes: rows, columns, and the channels last."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from nnspec.components.sources.image_header import ImageError, opened_image
from nnspec.components.sources.images import Color

if TYPE_CHECKING:
    from PIL import Image

Bytes = NDArray[np.uint8]
_MODES = {"rgb": "RGB", "gray": "L"}
_WHITE = (255, 255, 255, 255)
_MAX_16 = 65_535


def decode_image(path: Path, color: Color, size: tuple[int, int] | None) -> Bytes:
    """An image as (height, width, channels), turned as EXIF says.

    The colors are changed first, then it is stretched to `size` (height, width), where one is
    given: bilinear interpolation, antialiased. Raises ImageError where it cannot be decoded.
    """
    from PIL import ImageOps

    with opened_image(path) as opened:
        ImageOps.exif_transpose(opened, in_place=True)
        image = _on_white(_eight_bits(opened, path))
        if image.mode != _MODES[color]:
            image = image.convert(_MODES[color])
        if size not in (None, (image.height, image.width)):  # the latter would be a copy
            image = _resized(image, size)
        pixels = np.asarray(image)
    return pixels.reshape(*pixels.shape[:2], -1)


def _resized(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The image in a size, the width first; in the order, versions of Pillow differ."""
    from PIL import Image

    wide = image.resize((size[1], image.height), Image.Resampling.BILINEAR)
    return wide.resize(size[::-1], Image.Resampling.BILINEAR)


def _eight_bits(image: Image.Image, path: Path) -> Image.Image:
    """Gray levels of 16 bits rounded to 8; an ImageError for those of more, and for floats."""
    from PIL import Image

    if image.mode == "F":
        hint = "save it with 8 or 16 bits, or save arrays as .npy"
        raise ImageError(path, "has floating-point pixels", hint)
    if not image.mode.startswith("I"):
        return image
    levels = np.asarray(image).astype(np.int64)
    if levels.min() < 0 or levels.max() > _MAX_16:
        raise ImageError(path, "has pixels of more than 16 bits")
    return Image.fromarray(((levels * 255 + _MAX_16 // 2) // _MAX_16).astype(np.uint8))


def _on_white(image: Image.Image) -> Image.Image:
    """The image over a white background, where it has transparent pixels."""
    from PIL import Image

    if not image.has_transparency_data:
        return image
    layers = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", layers.size, _WHITE), layers)
