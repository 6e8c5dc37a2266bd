"""Curves of epochs as SVG, for light and dark pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from math import isfinite

WIDTH, HEIGHT = 420, 180
_LEFT, _TOP, _RIGHT, _BOTTOM = 60, 12, 100, 22  # margins
_COLORS = ("#3b78c3", "#d9822b", "#3a9a5b", "#a05ab5")
_STYLE = """
  text { font: 11px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #22272e }
  rect { fill: #fbfaf7 }
  path { fill: none; stroke-width: 1.5 }
  path.axis { stroke: #8a9099; stroke-width: 1 }
  @media (prefers-color-scheme: dark) { text { fill: #e6e4df } rect { fill: #1b1f24 } }
"""


def curves_svg(curves: Mapping[str, Sequence[float]]) -> str:
    """A curve for each list of numbers, one an epoch, by its name; all on one scale."""
    numbers = [value for curve in curves.values() for value in curve if isfinite(value)]
    low, high = min(numbers, default=0.0), max(numbers, default=1.0)
    epochs = max(map(len, curves.values()), default=0)
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" role="img">',
        f"<style>{_STYLE}</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}"/>',
        *_axes(low, high, epochs),
        *_lines(curves, low, high, epochs),
        "</svg>\n",
    ])  # fmt: skip


def _axes(low: float, high: float, epochs: int) -> Iterator[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    yield f'<path class="axis" d="M{_LEFT} {_TOP} V{bottom} H{right}"/>'
    for value, y in ((high, _TOP + 4), (low, bottom)):
        yield f'<text x="{_LEFT - 6}" y="{y}" text-anchor="end">{value:.4g}</text>'
    yield f'<text x="{_LEFT}" y="{HEIGHT - 6}">1</text>'
    yield f'<text x="{right}" y="{HEIGHT - 6}" text-anchor="end">{epochs:,}</text>'


def _lines(
    curves: Mapping[str, Sequence[float]], low: float, high: float, epochs: int
) -> Iterator[str]:
    for number, (name, curve) in enumerate(curves.items()):
        color = _COLORS[number % len(_COLORS)]
        points = [
            f"{_x(epoch, epochs):.1f} {_y(value, low, high):.1f}"
            for epoch, value in enumerate(curve) if isfinite(value)
        ]  # fmt: skip
        if points:
            yield f'<path stroke="{color}" d="M{" L".join(points)}"/>'
        y = _TOP + 8 + 16 * number
        yield f'<text x="{WIDTH - _RIGHT + 8}" y="{y}" style="fill: {color}">{escape(name)}</text>'


def _x(epoch: int, epochs: int) -> float:
    return _LEFT + (WIDTH - _LEFT - _RIGHT) * epoch / max(1, epochs - 1)


def _y(value: float, low: float, high: float) -> float:
    share = (value - low) / (high - low) if high > low else 0.5
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * share
