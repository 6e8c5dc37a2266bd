"""The sizes of images, from the headers of their files; Pillow decodes no pixel for them."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from nnspec.errors import ShapeError, quoted, visible

if TYPE_CHECKING:
    from PIL import Image

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF")
Size = tuple[int, int]  # height and width
_ORIENTATION = 0x0112  # of EXIF; from 5 on height and width change places


class ImageError(ShapeError):
    """What is wrong with the file of an image."""

    def __init__(self, path: Path, reason: str, hint: str = "") -> None:
        super().__init__(f"{quoted(str(path))} {reason}", hint)
        self.reason = reason


def first_size(paths: Iterable[Path]) -> tuple[Path, Size]:
    """The first image whose header can be read, and its size; an ImageError for none."""
    first: ImageError | None = None
    with strict_pillow():
        for path in paths:
            try:
                return path, image_size(path)
            except ImageError as error:
                first = first or error
    raise first or ShapeError("there are no images")


def image_size(path: Path) -> Size:
    """Height and width of an image, turned as EXIF says; an ImageError where it is damaged."""
    with opened_image(path) as image:
        is_turned = image.getexif().get(_ORIENTATION, 1) >= 5
        width, height = image.size
    return (width, height) if is_turned else (height, width)


@contextmanager
def opened_image(path: Path) -> Iterator[Image.Image]:
    """An image of which only the header is read yet; an ImageError where it is damaged."""
    from PIL import Image

    if path.exists() and not path.is_file():  # also keeps a named pipe from being waited for
        raise ImageError(path, "is no file")
    try:
        with path.open("rb") as file, Image.open(file, formats=FORMATS) as image:
            yield image
    except ImageError:
        raise
    except Exception as error:  # Pillow raises almost anything for damaged bytes
        raise ImageError(path, _reason(path, error)) from None


@contextmanager
def strict_pillow() -> Iterator[None]:
    """Let a bomb of pixels be an error, and Pillow say nothing else; for all threads."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        yield


def _reason(path: Path, error: Exception) -> str:
    """What is wrong with an image, in a few words."""
    from PIL import Image, UnidentifiedImageError

    if isinstance(error, OSError) and error.strerror:
        return f"cannot be read: {visible(error.strerror)}"
    if isinstance(error, Image.DecompressionBombError | Image.DecompressionBombWarning):
        return f"has more pixels than Pillow's limit of {Image.MAX_IMAGE_PIXELS:,}"
    if isinstance(error, UnidentifiedImageError):
        is_empty = not path.stat().st_size
        return "is empty" if is_empty else f"is no intact {', '.join(FORMATS)} file"
    return "is cut off or damaged"
