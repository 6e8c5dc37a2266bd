"""Figure of an image with the filters and feature maps of each layer, as grids of tiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

from nnspec.analysis.feature_maps import FeatureMaps, mosaic
from nnspec.backends.arrays import Array
from nnspec.plotting.style import FAINT, SIGNED, hide_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_GREY = "Greys"  # larger is darker
_WIDTHS = (1.0, 2.0, 2.4)
_COLOURS = 3  # channels


def size(layers: int) -> tuple[float, float]:
    """Figure size in inches for a number of layers, one below the other."""
    return 11.0, 0.3 + 3.6 * layers


def paint(figure: Figure, images: Mapping[str, Array], layers: Sequence[FeatureMaps]) -> None:
    """Draw the images of the input, and a row for each layer: its filters, if any, its maps."""
    panels = figure.subplots(len(layers), 3, squeeze=False, width_ratios=_WIDTHS)
    for axes in panels.flat:
        hide_axes(axes)
    for axes, (name, image) in zip(panels[:, 0], images.items(), strict=False):
        _image(axes, name, image)
    for (_, left, right), layer in zip(panels, layers, strict=True):
        if layer.filters is not None:
            _filters(figure, left, layer.layer, layer.filters)
        _maps(figure, right, layer)


def _image(axes: Axes, name: str, image: Array) -> None:
    """Draw an input: three channels in colour, otherwise the mean of the channels in grey."""
    height, width, channels = image.shape
    axes.set_title(f"{name}: {height}x{width}x{channels}")
    if channels == _COLOURS:
        axes.imshow((image - image.min()) / (np.ptp(image) or 1.0))
    else:
        axes.imshow(image.mean(axis=2), cmap=_GREY)


def _maps(figure: Figure, axes: Axes, layer: FeatureMaps) -> None:
    """Draw the maps of a layer as a grid."""
    height, width, count = layer.maps.shape
    axes.set_title(f"{layer.layer}: {count} maps of {height}x{width}")
    columns = _columns(count)
    image = axes.imshow(mosaic(np.moveaxis(layer.maps, 2, 0), columns), **_scale(layer.maps))
    axes.set_facecolor(FAINT)  # between the tiles
    _tick_labels(axes, count, columns, (height, width))
    figure.colorbar(image, ax=axes, label="output", shrink=0.8)


def _filters(figure: Figure, axes: Axes, name: str, filters: Array) -> None:
    """Draw filters of one channel as a grid, others as a table, channels x filters."""
    height, width, channels, count = filters.shape
    axes.set_title(f"{name}: {count} filters of {height}x{width}x{channels}")
    columns = _columns(count) if channels == 1 else count
    tiles = np.moveaxis(filters, (2, 3), (0, 1)).reshape(-1, height, width)
    largest = float(np.abs(filters).max()) or 1.0
    axes.set_facecolor(FAINT)
    image = axes.imshow(mosaic(tiles, columns), cmap=SIGNED, vmin=-largest, vmax=largest)
    if channels == 1:
        _tick_labels(axes, count, columns, (height, width))
    else:
        axes.set(xlabel=f"{count} filters", ylabel=f"{channels} channels of the input")
    figure.colorbar(image, ax=axes, label="weight", shrink=0.8)


def _columns(count: int) -> int:
    """Number of columns of an about square grid."""
    return ceil(sqrt(count))


def _scale(values: Array) -> dict[str, Any]:
    """Colour map and limits: grey from 0, or red and blue around 0 if values are negative."""
    largest = float(np.abs(values).max()) or 1.0
    if values.min() < 0:
        return {"cmap": SIGNED, "vmin": -largest, "vmax": largest}
    return {"cmap": _GREY, "vmin": 0.0, "vmax": largest}


def _tick_labels(axes: Axes, count: int, columns: int, tile: tuple[int, int]) -> None:
    """Tick labels: each row's first tile number, and the offset of each column."""
    height, width = (side + 1 for side in tile)
    rows = range(ceil(count / columns))
    axes.set_yticks(
        [(row + 0.5) * height - 1 for row in rows], [str(row * columns) for row in rows]
    )
    axes.set_xticks(
        [(i + 0.5) * width - 1 for i in range(columns)], [f"+{i}" for i in range(columns)]
    )
    axes.tick_params(length=0, labelsize=7)
