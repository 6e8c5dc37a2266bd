"""What each value of a tuned parameter gave: a point a setting, a dot a fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.plotting.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (4.6, 3.6)  # inches
GROUPS = {"all folds": LINES[0], "pruned": LINES[5], "best": LINES[1]}
_DECADE = 10  # a wider range of positive numbers has an axis of their logarithms


class Point(NamedTuple):
    """A setting: its parameters as they are shown, the folds' values, one of `GROUPS`."""

    parameters: Mapping[str, Any]
    values: Sequence[float]
    mean: float
    std: float
    group: str


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
        axes.set(xlabel=name, ylabel="" if number else metric)
        _panel(axes, [point.parameters[name] for point in points], points)


def _panel(axes: Axes, written: Sequence[Any], points: Sequence[Point]) -> None:
    places = _places(axes, written)
    dots = [(x, value) for x, point in zip(places, points, strict=True) for value in point.values]
    across, up = zip(*dots, strict=True)
    axes.scatter(across, up, s=9, color=INK, alpha=0.45, zorder=2)
    for group, colour in GROUPS.items():
        shown = [
            (x, p.mean, p.std) for x, p in zip(places, points, strict=True) if p.group == group
        ]
        if shown:
            x, mean, std = zip(*shown, strict=True)
            axes.errorbar(x, mean, std, fmt="o", capsize=4, color=colour, label=group, zorder=3)
    axes.legend()


def _places(axes: Axes, written: Sequence[Any]) -> list[float]:
    """Where values stand: numbers by their size, other values side by side."""
    if all(_is_number(value) for value in written):
        if min(written) > 0 and max(written) >= _DECADE * min(written):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        return [float(value) for value in written]
    texts = [str(value) for value in written]
    names = list(dict.fromkeys(texts))
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    return [float(names.index(text)) for text in texts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
