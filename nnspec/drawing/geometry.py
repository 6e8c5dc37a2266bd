"""Measures of a picture, and what is on it: frames of boxes, lines, and labels beside these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

CHARACTER, SMALL_CHARACTER = 7.3, 6.1  # widths in the fonts of titles and of shapes
MARGIN, PADDING, GAP = 20.0, 12.0, 18.0
LABEL, TRACK, ARROW = 18.0, 8.0, 14.0  # heights between two ranks
ONE_LINE, TWO_LINES = 28.0, 42.0  # heights of boxes
POINT = 10.0  # the width of a line that passes a rank
PORT_GAP = 12.0  # between two lines that enter a box


class Frame(NamedTuple):
    """The rectangle of a box."""

    x: float
    y: float
    width: float
    height: float

    @property
    def center(self) -> float:
        """The middle of its width."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height


class Label(NamedTuple):
    """The shape of a value, beside the line that leaves its box."""

    text: str
    x: float
    y: float  # of the baseline

    @property
    def width(self) -> float:
        """The width of its text."""
        return len(self.text) * SMALL_CHARACTER


class Line(NamedTuple):
    """A line of vertical and horizontal parts; `is_arrow` where it ends at a box."""

    points: tuple[tuple[float, float], ...]
    is_arrow: bool


class Layout(NamedTuple):
    """What is drawn, and the size of the page."""

    width: float
    height: float
    frames: Mapping[str, Frame]
    labels: list[Label]
    lines: list[Line]
