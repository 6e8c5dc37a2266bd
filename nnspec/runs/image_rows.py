"""Rows to predict from that are images in files, decoded as those that a run was trained on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from nnspec.backends.arrays import Array
from nnspec.components.sources.image_listing import is_image, list_images
from nnspec.components.sources.images import Color, Images
from nnspec.data.image_files import check_others, decode_images, decoding_error
from nnspec.data.image_pixels import ImagePixels
from nnspec.data.located_errors import located
from nnspec.errors import DataError, quoted
from nnspec.graph.ir import Graph
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec

_HINT = "take it out"
_COLORS: dict[int, Color] = {1: "gray", 3: "rgb"}  # by the number of channels
PixelsOf = Callable[[Sequence[Path]], ImagePixels]


class ImageRows(NamedTuple):
    """Pixels (rows, height, width, channels) in uint8, and the file of each row."""

    pixels: Array
    files: tuple[str, ...]


def read_image_rows(path: Path, spec: Spec, graph: Graph) -> ImageRows | None:
    """The image of a file, or those of a folder; None for a file of another kind.

    Color and size are those of the run's source; without data, those of the network's only input.
    Raises DataError where an image cannot be decoded, or the run is not of images in files.
    """
    pixels_of = _pixels_of(spec, graph)
    if pixels_of is None:
        if is_image(path):
            message = f"{quoted(path.name)} is an image, and the run's data are no images in files"
            raise DataError(message, "give a .npy or .npz file of rows")
        return None
    if not path.is_dir() and not is_image(path):
        return None
    with located(None):
        return _decoded(path, pixels_of)


def _pixels_of(spec: Spec, graph: Graph) -> PixelsOf | None:
    """What images become that are rows of a run; None where its rows are no images in files."""
    source = spec.data.source if spec.data else None
    if isinstance(source, Images):
        return partial(ImagePixels.of, source, known=_known_size(spec))
    shape = graph.input_shape
    if spec.data or len(graph.inputs) > 1 or len(shape) != 3 or shape[-1] not in _COLORS:
        return None
    pixels = ImagePixels(_COLORS[shape[-1]], (shape[0], shape[1]))
    return lambda _: pixels


def _decoded(path: Path, pixels_of: PixelsOf) -> ImageRows:
    """The image of a file, or those of a folder, in the size of the run's images."""
    paths, files = [path], [path.name]
    if path.is_dir():
        listing = list_images(path)
        check_others(listing, _HINT)
        paths = [image.path for image in listing.images]
        files = [image.place for image in listing.images]
    decoded = decode_images(paths, pixels_of(paths))
    if decoded.failed:
        raise decoding_error(decoded.failed, len(paths), _HINT)
    return ImageRows(decoded.pixels, tuple(files))


def _known_size(spec: Spec) -> tuple[int, int] | None:
    """Height and width of the images that a run was trained on."""
    row = spec.data_spec.inputs if spec.data_spec else None
    return (row.shape[0], row.shape[1]) if isinstance(row, TensorSpec) else None
