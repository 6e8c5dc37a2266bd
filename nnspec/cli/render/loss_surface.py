"""Text plot of the loss over 1 weight (curve) or 2 (map), with the paths of descent."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from nnspec.analysis.loss_surface.descent import Descent
from nnspec.analysis.loss_surface.surface import Surface
from nnspec.backends.arrays import Array
from nnspec.cli.render import braille

_WIDTH, _HEIGHT = 60, 8  # of a curve
_COLUMNS, _ROWS = 60, 20  # of a map
_SHADES = " ░▒▓█"  # from low to high


def surface_lines(surface: Surface) -> list[str]:
    """Lines of the text plot: a curve for one weight, a shaded map for two."""
    return _curve(surface) if len(surface.axes) == 1 else _map(surface)


def _curve(surface: Surface) -> list[str]:
    """Lines of the curve, then one line for each descent: S its start, o a point."""
    (x,) = surface.axes
    lines = braille.plot("loss", x.tolist(), surface.losses.tolist(), _WIDTH, _HEIGHT)
    margin = len(lines[1]) - _WIDTH
    tracks = [
        f"{number:>{margin - 1}} {_track(descent, x)}"
        for number, descent in enumerate(surface.descents, start=1)
    ]
    return [*lines, *tracks]


def _track(descent: Descent, axis: Array) -> str:
    """The points of a descent within the axis, on one line."""
    cells = [" "] * _WIDTH
    for column in _cells(descent.points[:, 0], axis, _WIDTH):
        if column is not None:
            cells[column] = "o"
    start = next(_cells(descent.points[:1, 0], axis, _WIDTH))
    if start is not None:
        cells[start] = "S"
    return "".join(cells).rstrip()


def _map(surface: Surface) -> list[str]:
    """Lines of the map: digits are descents, S the start, * the minimum."""
    x, y = surface.axes
    cells = _shades(surface.losses)
    for number, descent in reversed(list(enumerate(surface.descents, start=1))):
        _mark(cells, surface, descent.points, str(number)[-1])
    _mark(cells, surface, surface.minimum.point[None], "*")
    _mark(cells, surface, surface.start[None], "S")
    names = [f"{y[-1]:.3g}", *[""] * (_ROWS - 2), f"{y[0]:.3g}"]
    margin = max(map(len, names))
    rows = [f"{name:>{margin}} {''.join(row)}" for name, row in zip(names, cells, strict=True)]
    right = f"{x[-1]:.3g}"
    below = f"{'':{margin}} {f'{x[0]:.3g}'.ljust(_COLUMNS - len(right))}{right}"
    first, second = surface.weights
    return [f"{second} against {first}; darker is higher, S start, * lowest", *rows, below]


def _shades(losses: Array) -> list[list[str]]:
    """Shades of sqrt(loss - lowest), which are evenly wide on a paraboloid."""
    columns = np.rint(np.linspace(0, losses.shape[0] - 1, _COLUMNS)).astype(int)
    rows = np.rint(np.linspace(losses.shape[1] - 1, 0, _ROWS)).astype(int)
    heights = np.nan_to_num(losses[np.ix_(columns, rows)].T, nan=np.inf)
    low, high = heights.min(), heights[np.isfinite(heights)].max()
    share = np.sqrt(np.clip((heights - low) / ((high - low) or 1.0), 0, 1))
    levels = np.minimum((share * len(_SHADES)).astype(int), len(_SHADES) - 1)
    return [[_SHADES[level] for level in row] for row in levels]


def _mark(cells: list[list[str]], surface: Surface, points: Array, mark: str) -> None:
    """Write a character into the cells of points."""
    x, y = surface.axes
    positions = zip(_cells(points[:, 0], x, _COLUMNS), _cells(points[:, 1], y, _ROWS), strict=True)
    for column, row in positions:
        if column is not None and row is not None:
            cells[_ROWS - 1 - row][column] = mark


def _cells(values: Array, axis: Array, count: int) -> Iterator[int | None]:
    """The cell of each value; None outside the axis."""
    for value in values:
        share = (value - axis[0]) / (axis[-1] - axis[0])
        yield round(float(share) * (count - 1)) if 0 <= share <= 1 else None
