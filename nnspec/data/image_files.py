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
from nnspec.components.sources.image_header import ImageError, image_size, strict_pillow
from nnspec.components.sources.image_listing import ImageListing
from nnspec.components.sources.images import Color, Images
from nnspec.data.column_types import TEXT_TYPE
from nnspec.data.formats.images import decode_image
from nnspec.data.rows import RawSplits, Refusal, Rows
from nnspec.errors import ShapeError, did_you_mean, quoted

Size = tuple[int, int]  # height and width
_HINT = "take it out, or write on_error: skip"
Item = TypeVar("Item")
Result = TypeVar("Result")


class DecodedImages(NamedTuple):
    """Pixels (rows, height, width, channels), and what is wrong with those of some rows."""

    pixels: Array
    failed: Mapping[int, ImageError]


Decode = Callable[[Sequence[Path], Color, Size], DecodedImages]


class ImagePart(NamedTuple):
    """Rows of images, the files that are not among them, and the images' height and width."""

    rows: Rows
    refused: tuple[Refusal, ...]
    size: Size


def read_images(source: Images, folder: Path, decode: Decode | None = None) -> RawSplits:
    """Decode the images of a source; targets are the names of their classes, as text.

    `decode` gives the pixels of files: in memory, unless it is another function.
    """
    read = partial(_read, source, folder, decode or decode_images)
    train = read("path", source.size)
    if source.test is None:
        return RawSplits(train.rows, None, train.refused)
    test = read("test", train.size)
    _check_classes(source, train.rows, test.rows)
    return RawSplits(train.rows, test.rows, (*train.refused, *test.refused))


def decode_images(paths: Sequence[Path], color: Color, size: Size) -> DecodedImages:
    """Decode images to one array (rows, height, width, channels) in uint8, by several threads."""
    pixels = np.empty((len(paths), *size, 1 if color == "gray" else 3), np.uint8)

    def decode(row: int) -> None:
        pixels[row] = decode_image(paths[row], color, size)

    return DecodedImages(pixels, failures(decode, range(len(paths))))


def failures(function: Callable[[Item], object], items: Sequence[Item]) -> dict[int, ImageError]:
    """Call a function with each item, in threads; what is wrong with some, by their numbers."""
    results = _in_threads(partial(_error, function), items)
    return {number: one for number, one in enumerate(results) if one is not None}


def only_size(paths: Sequence[Path], size: Size | None = None) -> Size:
    """The size that all images have, which is `size` where one is given.

    Raises ShapeError where two differ, or where no header can be read; one that cannot be read is
    left to decoding.
    """
    first, first_error = "the training images", None
    sizes = _in_threads(partial(_attempt, image_size), paths)
    for path, found in zip(paths, sizes, strict=True):
        if isinstance(found, ImageError):
            first_error = first_error or found
        elif size is None:
            size, first = found, quoted(str(path))
        elif found != size:
            message = f"images differ in size: {quoted(str(path))} is {_shown(found)}"
            hint = f"write size: [{size[0]}, {size[1]}] (height, width)"
            raise ShapeError(f"{message}, {first} {_shown(size)}", hint)
    if size is None:
        raise first_error or ShapeError("there are no images")
    return size


def _read(
    source: Images, folder: Path, decode: Decode, option: str, size: Size | None
) -> ImagePart:
    """Decode the images of an option's folder or table."""
    listing = source.listing(folder, option)
    paths = [image.path for image in listing.images]
    with source.blamed_on(folder, option):
        if source.on_error == "error":
            check_others(listing, _HINT)
        found = size if source.size and size else only_size(paths, size)
        return _part(source, listing, decode(paths, source.color, found), found)


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


def _shown(size: Size) -> str:
    return f"{size[0]}x{size[1]}"


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


def _attempt(function: Callable[[Item], Result], item: Item) -> Result | ImageError:
    """The result for a file, or what is wrong with it."""
    try:
        return function(item)
    except ImageError as error:
        return error


def _error(function: Callable[[Item], object], item: Item) -> ImageError | None:
    """What is wrong with a file, if anything; the result is let go."""
    found = _attempt(function, item)
    return found if isinstance(found, ImageError) else None


def _in_threads(function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
    """The results for items, in their order; Pillow decodes without Python's lock."""
    with strict_pillow(), ThreadPoolExecutor(min(processors(), len(items)) or 1) as pool:
        try:
            return list(pool.map(function, items))
        except BaseException:  # Ctrl-C
            pool.shutdown(wait=False, cancel_futures=True)
            raise
