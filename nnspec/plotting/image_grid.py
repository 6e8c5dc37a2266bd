"""Figure of arrays as rows of small images: an input, filters, feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_PANELS = 8  # images of one array
_MIN_COLUMNS = 4
_WIDTH, _HEIGHT = 1.3, 1.7  # of an image with its margins, in inches
_LETTERS = 20  # that fit into an image's width


class Panel(NamedTuple):
    """An image (height, width) with a label."""

    label: str
    values: Array


class Band(NamedTuple):
    """One row of the image grid: the first images of an array, and its total image count."""

    title: str
    panels: tuple[Panel, ...]
    total: int


def maps(title: str, label: str, array: Array) -> Band:
    """One image per channel; a matrix is one image, a vector one row of pixels."""
    if array.ndim != 3:
        image = array if array.ndim == 2 else array.reshape(1, -1)
        return Band(title, (Panel("", image),), 1)
    count = array.shape[2]
    channels = range(min(count, MAX_PANELS))
    return Band(title, tuple(Panel(f"{label} {c + 1}", array[..., c]) for c in channels), count)


def filters(title: str, kernel: Array) -> Band:
    """The filters of a kernel (height, width, channels, filters), one image for each channel."""
    channels, count = kernel.shape[2:]
    pairs = [divmod(index, channels) for index in range(min(channels * count, MAX_PANELS))]
    panels = [
        Panel(f"filter {f + 1}" + f", channel {c + 1}" * (channels > 1), kernel[..., c, f])
        for f, c in pairs
    ]
    return Band(title, tuple(panels), channels * count)


def size(bands: Sequence[Band]) -> tuple[float, float]:
    """Figure size in inches."""
    return _WIDTH * _columns(bands), _HEIGHT * len(bands)


def paint(figure: Figure, bands: Sequence[Band]) -> None:
    """Draw a row for each band; larger is darker, or red and blue if values are negative."""
    rows = figure.subfigures(len(bands), 1, squeeze=False)[:, 0]
    for row, band in zip(rows, bands, strict=True):
        row.suptitle(band.title, x=0.01, ha="left", fontsize=10)
        columns = 1 if _is_line(band) else _columns(bands)
        axes = row.subplots(1, columns, squeeze=False)[0]
        for one in axes:
            style.hide_axes(one)
        for one, panel in zip(axes, band.panels, strict=False):
            low, high = _range(band)
            _draw(one, panel, (low, high), "auto" if columns == 1 else "equal")
            _annotate(one, panel.values, 0.6 * high, _LETTERS * _columns(bands) // columns)


def _draw(
    axes: Axes, panel: Panel, limits: tuple[float, float], aspect: Literal["auto", "equal"]
) -> None:
    low, high = limits
    colours = style.SIGNED if low < 0 else "Greys"
    axes.imshow(panel.values, cmap=colours, vmin=low, vmax=high, aspect=aspect)
    axes.set_title(panel.label, loc="center", fontsize=8)


def _columns(bands: Sequence[Band]) -> int:
    return max(_MIN_COLUMNS, *(len(band.panels) for band in bands))


def _is_line(band: Band) -> bool:
    """Whether a band is a single vector, which is drawn over the whole width."""
    return len(band.panels) == len(band.panels[0].values) == 1


def _range(band: Band) -> tuple[float, float]:
    """Limits of the colours: from 0, or symmetric about 0 if values are negative."""
    values = np.concatenate([panel.values.ravel() for panel in band.panels])
    finite = values[np.isfinite(values)]
    low, largest = finite.min(initial=0.0), np.abs(finite).max(initial=0.0)
    return (-largest, largest) if low < 0 else (0.0, largest or 1.0)


def _annotate(axes: Axes, values: Array, dark: float, letters: int) -> None:
    """Write the numbers into an image if they fit, in a light colour where |value| > `dark`."""
    if values.shape[1] > letters:
        return
    texts = {place: f"{value:.3g}" for place, value in np.ndenumerate(values)}
    if values.shape[1] * (1 + max(map(len, texts.values()))) > letters:
        return
    for (i, j), text in texts.items():
        colour = style.BACKGROUND if abs(values[i, j]) > dark else style.INK
        axes.text(j, i, text, ha="center", va="center", fontsize=6, color=colour)
