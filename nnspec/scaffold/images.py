"""A spec for images in a folder: a sub-folder a class, perhaps within `train` and `test`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.components.sources.image_header import ImageError, opened_image, strict_pillow
from nnspec.components.sources.image_listing import (
    ImageFile,
    ImageListing,
    OtherFile,
    is_hidden,
    is_image,
    list_folder,
)
from nnspec.errors import DataError, ShapeError, quoted, visible
from nnspec.scaffold.column_summary import ColumnSummary
from nnspec.scaffold.spec_request import SpecRequest
from nnspec.scaffold.task import Task

TRAIN, TEST = ("train", "training"), ("test", "testing")
_MOST_BROKEN = 0.1  # the share of the images that may be left out
_MOST_HEADERS = 500  # images of which the size is read, evenly spread over all
_MOST_PIXELS = 64  # a side of what the network gets
_HINT = "put the images of each class into a sub-folder that is called like it"
_GRAY = ("1", "L", "I;16", "I", "LA")


class ImageDraft(NamedTuple):
    """What a spec for images says."""

    name: str
    source: dict[str, Any]  # as the spec has it
    has_test: bool
    task: Task
    size: tuple[int, int]  # height and width of what the network gets
    found: str  # what sizes there are
    is_gray: bool
    left_out: str = ""  # what is no image, and why


def holds_images(folder: Path) -> bool:
    """Whether a folder has sub-folders with images, at any depth but the first."""
    folders = [path for path in folder.iterdir() if path.is_dir() and not is_hidden(path)]
    return any(is_image(path) for one in folders for path in one.rglob("*"))


def require_no_images(folder: Path) -> None:
    """Raise DataError where images lie in a folder itself, and so are of no class."""
    found = next((path for path in sorted(folder.iterdir()) if is_image(path)), None)
    if found is not None:
        message = f"{quoted(str(folder))} holds images that are in no folder of a class, such as "
        raise DataError(f"{message}{visible(found.name)}", _HINT)


def image_notes(draft: ImageDraft) -> tuple[str, ...]:
    """Notes on what is left out, and on classes of which there is too little."""
    single = [visible(name) for name, rows in draft.task.target.counts.items() if rows == 1]
    few = f"one image alone is of {', '.join(single[:3])}: it cannot be tested" if single else ""
    return tuple(filter(None, (draft.left_out, few)))


def draft_of_images(folder: Path, request: SpecRequest) -> ImageDraft:
    """The draft for a folder of images; a DataError where they cannot be read or have one class."""
    train, test = _part(folder, TRAIN), _part(folder, TEST)
    root = train or folder
    try:
        listing = list_folder(root)
        images = listing.images
        with strict_pillow():
            headers, broken = _headers(_spread(images))
    except (ShapeError, OSError) as error:
        message = getattr(error, "message", str(error))
        raise DataError(message, getattr(error, "hint", "")) from None
    counts = Counter(image.label for image in images)
    if len(counts) < 2:
        where = quoted(str(root))
        message = f"all images in {where} are of one class: {visible(next(iter(counts)))}"
        raise DataError(message, _HINT)
    sizes = sorted({size for size, _ in headers})
    size, is_resized = network_size(sizes)
    is_gray = all(gray for _, gray in headers)
    options: dict[str, Any] = {"path": request.written(root)}
    if train and test:
        options["test"] = request.written(test)
    if is_resized:
        options["size"] = list(size)
    if is_gray:
        options["color"] = "gray"
    left_out = _left_out(listing, broken)
    if left_out:
        options["on_error"] = "skip"
    source = {"images": options if len(options) > 1 else options["path"]}
    has_test = bool(train and test)
    found = described(sizes)
    task = Task.of(_labels(counts))
    name = folder.resolve().name
    return ImageDraft(name, source, has_test, task, size, found, is_gray, left_out)


def _headers(
    images: Sequence[ImageFile],
) -> tuple[list[tuple[tuple[int, int], bool]], list[OtherFile]]:
    """What the headers of images say, and the images that have none; an ImageError where these
    are many.
    """
    found, broken = list[tuple[tuple[int, int], bool]](), list[OtherFile]()
    for image in images:
        try:
            found.append(_header(image.path))
        except ImageError as error:
            broken.append(OtherFile(image.place, error.reason))
            if len(broken) > _MOST_BROKEN * len(images):
                raise
    return found, broken


def _left_out(listing: ImageListing, broken: Sequence[OtherFile]) -> str:
    """What is left out, the first by its name; "" where nothing is."""
    others = [*(one for one in listing.others if not one.is_hidden), *broken]
    if not others:
        return ""
    more = f", and {len(others) - 1:,} more" if len(others) > 1 else ""
    return f"what is no image is left out: {visible(others[0].place)}: {others[0].reason}{more}"


def _labels(counts: Mapping[str, int]) -> ColumnSummary:
    """The names of the classes, as a column of text."""
    rows = sum(counts.values())
    ordered = dict(sorted(counts.items()))
    return ColumnSummary("class", "text", "String", rows, 0, len(counts), counts=ordered)


def _part(folder: Path, names: Sequence[str]) -> Path | None:
    """The sub-folder of training or test images, where it has sub-folders itself."""
    found = (path for path in sorted(folder.iterdir()) if path.name.lower() in names)
    return next((path for path in found if path.is_dir() and holds_images(path)), None)


def _spread(images: Sequence[ImageFile]) -> Sequence[ImageFile]:
    """At most 500 images, evenly spread over all."""
    return images[:: -(-len(images) // _MOST_HEADERS)]


def _header(path: Path) -> tuple[tuple[int, int], bool]:
    """Height and width of an image, and whether it is gray."""
    with opened_image(path) as image:
        return (image.height, image.width), image.mode in _GRAY


def network_size(sizes: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], bool]:
    """Height and width of what the network gets, and whether images are resized to them.

    Images of one size of at most 64 pixels a side stay; others become 64 pixels a side.
    """
    if len(sizes) == 1 and max(sizes[0]) <= _MOST_PIXELS:
        return sizes[0], False
    return (_MOST_PIXELS, _MOST_PIXELS), True


def described(sizes: Sequence[tuple[int, int]]) -> str:
    """`28x28`, or `20x30 to 200x400`."""
    shown = [f"{height}x{width}" for height, width in sizes]
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"
