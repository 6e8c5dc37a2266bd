"""Lists of the image files of a folder of classes, or of a table of paths and labels."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from nnspec.errors import ShapeError, did_you_mean, quoted

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp", ".tif", ".tiff")
_HIDDEN = ("Thumbs.db", "desktop.ini")  # that Windows hides
_NEEDED = f"the names of images end in {', '.join(SUFFIXES)}"
_HINT = "put the images of each class into a sub-folder that is called like it"


class ImageFile(NamedTuple):
    """A file, the name of its class, and what messages call it."""

    path: Path
    label: str
    place: str


class OtherFile(NamedTuple):
    """A file or folder that is no image of a class; a hidden one is no mistake."""

    place: str
    reason: str
    is_hidden: bool = False


class ImageListing(NamedTuple):
    """Images in order, at least one, and what else was found."""

    images: tuple[ImageFile, ...]
    others: tuple[OtherFile, ...] = ()


def require_path(path: Path, hint: str) -> None:
    """Raise ShapeError unless there is a folder or a table at a path."""
    if path.is_dir():
        return
    if not path.is_file():  # also keeps a named pipe from being waited for
        raise ShapeError(f"there is no folder or file {quoted(str(path))}", hint)
    if path.suffix.lower() != ".csv":
        hint = "name a folder with a sub-folder for each class, or a .csv file with their paths"
        raise ShapeError(f"{quoted(str(path))} is no folder and no .csv file", hint)


def list_folder(root: Path) -> ImageListing:
    """The images below the sub-folders of a folder, by class and path; a ShapeError for none."""
    images: list[ImageFile] = []
    others: list[OtherFile] = []
    for path in _sorted(root):
        if is_hidden(path):
            others.append(OtherFile(path.name, "hidden", is_hidden=True))
        elif path.is_dir():
            images += _class_images(root, path, others)
        else:
            others.append(OtherFile(path.name, "it lies in no folder of a class"))
    if not images:
        raise ShapeError(f"{quoted(str(root))} has no sub-folder with images", _HINT)
    return ImageListing(tuple(images), tuple(others))


def list_images(folder: Path) -> ImageListing:
    """The images of no class at any depth of a folder, by path; a ShapeError for none."""
    others: list[OtherFile] = []
    images = tuple(_images_below(folder, folder, others, set()))
    if not images:
        raise ShapeError(f"{quoted(str(folder))} has no images", _NEEDED)
    return ImageListing(images, tuple(others))


def is_image(path: Path) -> bool:
    """Whether a file's name ends as those of images do."""
    return path.suffix.lower() in SUFFIXES


def is_hidden(path: Path) -> bool:
    """Whether a file or folder is one that systems do not show."""
    return path.name.startswith(".") or path.name in _HIDDEN


def _class_images(root: Path, folder: Path, others: list[OtherFile]) -> list[ImageFile]:
    """The images of a class, at any depth; a folder without any is one of the others."""
    images = list(_images_below(root, folder, others, {root.resolve()}))
    if not images:
        others.append(OtherFile(folder.name, f"the folder of a class has no images; {_NEEDED}"))
    return images


def _images_below(
    root: Path, folder: Path, others: list[OtherFile], above: set[Path]
) -> Iterator[ImageFile]:
    """The images at any depth of a folder; what else is found is added to the others."""
    for path in _walk(folder, above):
        place = path.relative_to(root).as_posix()
        if is_hidden(path):
            others.append(OtherFile(place, "hidden", is_hidden=True))
        elif is_image(path):
            yield ImageFile(path, folder.name, place)
        else:
            others.append(OtherFile(place, "its name is not that of an image"))


def _walk(folder: Path, above: set[Path]) -> Iterator[Path]:
    """The files below a folder and its hidden folders; a ShapeError for a loop of links."""
    real = folder.resolve()
    if real in above:
        message = f"{quoted(str(folder))} is a link to a folder that it is in"
        raise ShapeError(message, "take the link away")
    for path in _sorted(folder):
        if path.is_dir() and not is_hidden(path):
            yield from _walk(path, above | {real})
        else:
            yield path


def _sorted(folder: Path) -> list[Path]:
    """What is in a folder, sorted by name."""
    return [folder / name for name in sorted(os.listdir(folder))]  # noqa: PTH208  # Path is slow


def list_table(path: Path, file: str, label: str) -> ImageListing:
    """The images that a CSV file names, in its order; their paths are relative to it."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as text:
            images = tuple(_table_images(csv.DictReader(text, strict=True), path, file, label))
    except (csv.Error, UnicodeDecodeError) as error:
        raise ShapeError(f"{quoted(path.name)} is no CSV file in UTF-8: {error}") from None
    if not images:
        raise ShapeError(f"{quoted(path.name)} names no images", f"write the line {file},{label}")
    return ImageListing(images)


def _table_images(
    reader: csv.DictReader[str], path: Path, file: str, label: str
) -> Iterator[ImageFile]:
    names = list(reader.fieldnames or ())
    for option, column in (("file", file), ("label", label)):
        if names and column not in names:
            message = f"{quoted(path.name)} has no column {quoted(column)}"
            raise ShapeError(message, did_you_mean(column, names), ("images", option))
    for row in reader:
        place = f"{path.name}:{reader.line_num}"
        for column in (file, label):
            if not row[column]:
                raise ShapeError(f"{place} has no {column}")
        yield ImageFile(path.parent / row[file], row[label], f"{row[file]} ({place})")
