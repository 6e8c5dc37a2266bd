"""Reading of images in files into one array, decoded by several threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.components.sources.image_header import ImageError, Size, strict_pillow
from nnspec.components.sources.image_listing import ImageListing
from nnspec.components.sources.images import Images
from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.image_pixels import ImagePixels
from nnspec.data.rows import RawSplits, Refusal, Rows
from nnspec.errors import ShapeError, did_you_mean, quoted

_HINT = "take it out, or write on_error: skip"
Item = TypeVar("Item")
Result = TypeVar("Result")


class DecodedImages(NamedTuple):
    """Pixels (rows, height, width, channels), and what is wrong with those of some rows."""

    pixels: Array
    failed: Mapping[int, ImageError]


Decode = Callable[[Sequence[Path], ImagePixels], DecodedImages]


class ImagePart(NamedTuple):
    """Rows of images, the files that are not among them, and the images' height and width."""

    rows: Rows
    refused: tuple[Refusal, ...]
    size: Size


def read_images(source: Images, folder: Path, decode: Decode | None = None) -> RawSplits:
    """Decode the images of a source; targets are the names of their classes, as text.

    `decode` gives the pixels of files: in memory, unless it is another function. Each is read once.
    """
    read = partial(_read, source, folder, decode or decode_images)
    train = read("path", None)
    if source.test is None:
        return RawSplits(train.rows, None, train.refused)
    test = read("test", train.size)
    _check_classes(source, train.rows, test.rows)
    return RawSplits(train.rows, test.rows, (*train.refused, *test.refused))


def decode_images(paths: Sequence[Path], image: ImagePixels) -> DecodedImages:
    """Decode images to one array (rows, height, width, channels) in uint8, by several threads."""
    pixels = np.empty((len(paths), *image.shape), np.uint8)

    def decode(row: int) -> ImageError | None:
        try:
            pixels[row] = image.decode(paths[row])
        except ImageError as error:
            return error
        return None

    errors = _in_threads(decode, range(len(paths)))
    return DecodedImages(pixels, {row: one for row, one in enumerate(errors) if one is not None})


def _read(
    source: Images, folder: Path, decode: Decode, option: str, size: Size | None
) -> ImagePart:
    """Decode the images of an option's folder or table."""
    listing = source.listing(folder, option)
    paths = [image.path for image in listing.images]
    with source.blamed_on(folder, option):
        if source.on_error == "error":
            check_others(listing, _HINT)
        image = ImagePixels.of(source, paths, size)
        return _part(source, listing, decode(paths, image), image.size)


def _part(source: Images, listing: ImageListing, decoded: DecodedImages, size: Size) -> ImagePart:
    """The decoded images and their classes; the others are refused, or an error."""
    failed, count = decoded.failed, len(listing.images)
    if failed and (source.on_error == "error" or len(failed) == count):
        raise decoding_error(failed, count, _HINT)
    whole = [row for row in range(count) if row not in failed]
    labels = np.array([listing.images[row].label for row in whole], dtype=TEXT_TYPE)
    refused = [Refusal(other.place, other.reason) for other in listing.others]
    refused += [Refusal(listing.images[row].place, one.reason) for row, one in failed.items()]
    pixels = decoded.pixels[whole] if failed else decoded.pixels
    return ImagePart(Rows(pixels, labels), tuple(refused), size)


def check_others(listing: ImageListing, hint: str) -> None:
    """Raise ShapeError, with a hint, where a file is no image of a class and not hidden."""
    wrong = [other for other in listing.others if not other.is_hidden]
    if wrong:
        message = f"{_named([other.place for other in wrong])} is no image: {wrong[0].reason}"
        raise ShapeError(message, hint)


def decoding_error(failed: Mapping[int, ImageError], images: int, hint: str) -> ShapeError:
    """The error of the first of the images that cannot be decoded, with a hint unless none can."""
    error = next(iter(failed.values()))
    count = f" ({len(failed):,} of {images:,} images cannot be read)" if len(failed) > 1 else ""
    remedy = hint if len(failed) < images else ""
    return ShapeError(f"{error.message}{count}", error.hint or remedy)


def _named(places: Sequence[str]) -> str:
    """The first of some files, and how many more there are."""
    more = len(places) - 1
    return f"{quoted(places[0])} (and {more:,} more)" if more else quoted(places[0])


def _check_classes(source: Images, train: Rows, test: Rows) -> None:
    """Raise ShapeError where a test image has a class that no training image has."""
    known, found = (sorted(set(np.asarray(rows.targets).tolist())) for rows in (train, test))
    for name in found:
        if name not in known:
            message = f"the test images have the class {quoted(name)}, which no training image has"
            raise ShapeError(message, did_you_mean(name, known), (source.kind, "test"))


def _in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results for items, in their order; Pillow decodes without Python's lock."""
    with strict_pillow(), ThreadPoolExecutor(min(processors(), len(items)) or 1) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException:  # Ctrl-C
            pool.shutdown(wait=False, cancel_futures=True)
            raise
