"""Small pictures as SVG elements, made of numbers alone: histograms and bars."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 160, 32  # of a histogram, in pixels
BAR_WIDTH, BAR_HEIGHT = 120, 10


def histogram(counts: Sequence[int]) -> str:
    """A bar for each count, the highest as high as the picture; empty without counts."""
    if not counts:
        return ""
    step, greatest = WIDTH / len(counts), max(*counts, 1)
    bars = "".join(
        _rect(number * step, HEIGHT * (1 - count / greatest), step - 1, HEIGHT * count / greatest)
        for number, count in enumerate(counts)
    )
    return _svg(WIDTH, HEIGHT, bars)


def bar(share: float) -> str:
    """A horizontal bar of a share from 0 to 1."""
    return _svg(BAR_WIDTH, BAR_HEIGHT, _rect(0, 0, BAR_WIDTH * min(max(share, 0), 1), BAR_HEIGHT))


def _svg(width: int, height: int, content: str) -> str:
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return f'<svg {size} role="img" aria-hidden="true">{content}</svg>'


def _rect(x: float, y: float, width: float, height: float) -> str:
    place = f'x="{x:.2f}" y="{y:.2f}"'
    return f'<rect {place} width="{width:.2f}" height="{height:.2f}"/>'
