"""Arrays as small images side by side: an input, filters, feature maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from nnspec.backends.contract import Array
from nnspec.plotting import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 8  # images of one array
_LEAST = 4  # images that have room beside each other
_WIDTH, _HEIGHT = 1.3, 1.7  # of an image and its surroundings, in inches
_LETTERS = 20  # that fit an image's width


class Panel(NamedTuple):
    """An image with its label."""

    label: str
    values: Array  # (height, width)


class Band(NamedTuple):
    """The first images of one array, and how many there are."""

    title: str
    panels: tuple[Panel, ...]
    of: int


def maps(title: str, label: str, array: Array) -> Band:
    """The channels of (height, width, channels); a matrix as it is, anything else as one line."""
    if array.ndim != 3:
        image = array if array.ndim == 2 else array.reshape(1, -1)
        return Band(title, (Panel("", image),), 1)
    count = array.shape[2]
    channels = range(min(count, SHOWN))
    return Band(title, tuple(Panel(f"{label} {c + 1}", array[..., c]) for c in channels), count)


def filters(title: str, kernel: Array) -> Band:
    """The filters of a convolution's kernel (height, width, channels, filters), by channel."""
    channels, count = kernel.shape[2:]
    pairs = [divmod(index, channels) for index in range(min(channels * count, SHOWN))]
    panels = [
        Panel(f"filter {f + 1}" + f", channel {c + 1}" * (channels > 1), kernel[..., c, f])
        for f, c in pairs
    ]
    return Band(title, tuple(panels), channels * count)


def size(bands: Sequence[Band]) -> tuple[float, float]:
    """Of a picture of these, in inches."""
    return _WIDTH * _columns(bands), _HEIGHT * len(bands)


def paint(figure: Figure, bands: Sequence[Band]) -> None:
    """A row for each band. Larger is darker; where numbers are below 0, redder, and bluer below."""
    rows = figure.subfigures(len(bands), 1, squeeze=False)[:, 0]
    for row, band in zip(rows, bands, strict=True):
        row.suptitle(band.title, x=0.01, ha="left", fontsize=10)
        columns = 1 if _is_line(band) else _columns(bands)
        axes = row.subplots(1, columns, squeeze=False)[0]
        for one in axes:
            style.bare(one)
        for one, panel in zip(axes, band.panels, strict=False):
            low, high = _range(band)
            _draw(one, panel, (low, high), "auto" if columns == 1 else "equal")
            _write(one, panel.values, 0.6 * high, _LETTERS * _columns(bands) // columns)


def _draw(
    axes: Axes, panel: Panel, limits: tuple[float, float], aspect: Literal["auto", "equal"]
) -> None:
    low, high = limits
    colours = style.SIGNED if low < 0 else "Greys"
    axes.imshow(panel.values, cmap=colours, vmin=low, vmax=high, aspect=aspect)
    axes.set_title(panel.label, loc="center", fontsize=8)


def _columns(bands: Sequence[Band]) -> int:
    return max(_LEAST, *(len(band.panels) for band in bands))


def _is_line(band: Band) -> bool:
    """Whether it is a vector, which takes the whole width."""
    return len(band.panels) == len(band.panels[0].values) == 1


def _range(band: Band) -> tuple[float, float]:
    """Of the colours; symmetric about 0 where numbers are below it."""
    values = np.concatenate([panel.values.ravel() for panel in band.panels])
    finite = values[np.isfinite(values)]
    low, most = finite.min(initial=0.0), np.abs(finite).max(initial=0.0)
    return (-most, most) if low < 0 else (0.0, most or 1.0)


def _write(axes: Axes, values: Array, dark: float, letters: int) -> None:
    """The numbers into an image that has room for them, light on those beyond `dark`."""
    if values.shape[1] > letters:
        return
    texts = {place: f"{value:.3g}" for place, value in np.ndenumerate(values)}
    if values.shape[1] * (1 + max(map(len, texts.values()))) > letters:
        return
    for (i, j), text in texts.items():
        colour = style.GROUND if abs(values[i, j]) > dark else style.INK
        axes.text(j, i, text, ha="center", va="center", fontsize=6, color=colour)
