"""Line plots in braille characters, each 2 x 4 dots."""

from __future__ import annotations

from collections.abc import Sequence

_BLANK = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # of a character, row by row


def plot(title: str, x: Sequence[float], y: Sequence[float], width: int, height: int) -> list[str]:
    """Lines of a curve in `width` x `height` characters, scaled to the range of y.

    x must be evenly spaced. The title is the first line, the ends of x are the last.
    """
    low, high = min(y), max(y)
    heights = _rows(y, low, high, 2 * width, 4 * height)
    lines = _raster(heights, width, height)
    names = [f"{high:.4g}" if high > low else "", *[""] * (height - 2), f"{low:.4g}"]
    margin = max(map(len, names))
    axis = f"{x[0]:.3g}".ljust(width - len(f"{x[-1]:.3g}")) + f"{x[-1]:.3g}"
    rows = [f"{name:>{margin}} {line}" for name, line in zip(names, lines, strict=True)]
    above, below = f"{'':{margin}} {title:<{width}}", f"{'':{margin}} {axis}"
    return [above, *rows, below]


def side_by_side(left: Sequence[str], right: Sequence[str], gap: int = 4) -> list[str]:
    """Join two plots of equal height line by line."""
    width = max(map(len, left)) + gap
    return [f"{one:<{width}}{other}".rstrip() for one, other in zip(left, right, strict=True)]


def _rows(y: Sequence[float], low: float, high: float, columns: int, rows: int) -> list[int]:
    """The dot row of each dot column, counted from the top; a constant is at the bottom."""
    span = (high - low) or 1.0
    picked = (y[round(column * (len(y) - 1) / (columns - 1))] for column in range(columns))
    return [round((1 - (value - low) / span) * (rows - 1)) for value in picked]


def _raster(heights: Sequence[int], width: int, height: int) -> list[str]:
    """Characters of a curve; the dots of neighbouring columns are joined."""
    cells = [[_BLANK] * width for _ in range(height)]
    before = heights[0]
    for column, row in enumerate(heights):
        step = 1 if row >= before else -1
        for dot in range(before + step if row != before else row, row + step, step):
            cells[dot // 4][column // 2] |= _DOTS[dot % 4][column % 2]
        before = row
    return ["".join(map(chr, line)) for line in cells]
