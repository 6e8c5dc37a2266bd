"""What every image of a source becomes: an array of bytes of one shape."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.components.sources.image_header import Size, first_size
from nnspec.components.sources.images import Color, Images
from nnspec.data.formats.images import decode_image
from nnspec.errors import ShapeError, quoted
from nnspec.options.types import Shape


class ImagePixels(NamedTuple):
    """The colors and the size of images: they are stretched to it unless they must have it.

    `like` is what has the size already, as messages call it; where it is empty images are
    stretched.
    """

    color: Color
    size: Size
    like: str = ""

    @classmethod
    def of(cls, source: Images, paths: Sequence[Path], known: Size | None = None) -> ImagePixels:
        """Those of a source: of its `size`, else of that of the training images, if it is known.

        Else that of the first image whose header can be read; an ImageError where there is none.
        """
        if source.size:
            return cls(source.color, source.size)
        if known:
            return cls(source.color, known, "the training images")
        path, size = first_size(paths)
        return cls(source.color, size, quoted(str(path)))

    @property
    def shape(self) -> Shape:
        """Height, width and channels."""
        return (*self.size, 1 if self.color == "gray" else 3)

    def decode(self, path: Path) -> Array:
        """The pixels of an image in uint8.

        Raises ImageError where it cannot be decoded, and ShapeError where it has another size.
        """
        pixels = decode_image(path, self.color, None if self.like else self.size)
        found = pixels.shape[0], pixels.shape[1]
        if found != self.size:
            message = f"images differ in size: {quoted(str(path))} is {_shown(found)}"
            hint = f"write size: [{self.size[0]}, {self.size[1]}] (height, width)"
            raise ShapeError(f"{message}, {self.like} {_shown(self.size)}", hint)
        return pixels


def _shown(size: Size) -> str:
    return f"{size[0]}x{size[1]}"
