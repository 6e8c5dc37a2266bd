"""What each value of a tuned parameter gave: a point a setting, a dot a fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.figures.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (4.6, 3.6)  # inches
_DECADE = 10  # a wider range of positive numbers has an axis of their logarithms


class Point(NamedTuple):
    """A setting: its parameters as they are shown, the folds' values, whether it is the best."""

    parameters: Mapping[str, Any]
    values: Sequence[float]
    mean: float
    std: float
    best: bool


def size(points: Sequence[Point]) -> tuple[float, float]:
    """Of the figure: a panel for each parameter, side by side."""
    width, height = PANEL
    return width * len(points[0].parameters), height


def paint(figure: Figure, title: str, metric: str, points: Sequence[Point]) -> None:
    """The metric against each parameter: mean and standard deviation over the folds."""
    figure.suptitle(title)
    names = list(points[0].parameters)
    for number, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), number + 1)
        axes.set(xlabel=name, ylabel=metric if not number else "")
        _panel(axes, [point.parameters[name] for point in points], points)


def _panel(axes: Axes, written: Sequence[Any], points: Sequence[Point]) -> None:
    places = _places(axes, written)
    for x, point in sorted(zip(places, points, strict=True), key=lambda pair: pair[1].best):
        colour = LINES[1] if point.best else LINES[0]
        label = "the best" if point.best else None
        axes.scatter([x] * len(point.values), point.values, s=9, color=INK, alpha=0.45, zorder=2)
        axes.errorbar(x, point.mean, point.std, fmt="o", capsize=4, color=colour, label=label)
    if any(point.best for point in points):
        axes.legend()


def _places(axes: Axes, written: Sequence[Any]) -> list[float]:
    """Where values stand: numbers by their size, other values side by side."""
    if all(_is_number(value) for value in written):
        if min(written) > 0 and max(written) >= _DECADE * min(written):
            axes.set_xscale("log")
        return [float(value) for value in written]
    texts = [str(value) for value in written]
    names = list(dict.fromkeys(texts))
    axes.set_xticks(range(len(names)), names)
    return [float(names.index(text)) for text in texts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
