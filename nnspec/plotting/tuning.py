"""Figure of a tuning study: the metric of each setting and fold against each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from nnspec.plotting.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL = (4.6, 3.6)  # inches
GROUPS = {"all folds": LINES[0], "pruned": LINES[5], "best": LINES[1]}
_LOG_RANGE = 10  # ratio of positive values from which the axis is logarithmic


class Point(NamedTuple):
    """A setting: parameter values, the metric of each fold, and one of `GROUPS`."""

    parameters: Mapping[str, Any]
    values: Sequence[float]
    mean: float
    std: float
    group: str


def size(points: Sequence[Point]) -> tuple[float, float]:
    """Figure size in inches: a panel for each parameter, side by side."""
    width, height = PANEL
    return width * len(points[0].parameters), height


def paint(figure: Figure, title: str, metric: str, points: Sequence[Point]) -> None:
    """Draw the metric against each parameter: each fold, mean and standard deviation."""
    figure.suptitle(title)
    names = list(points[0].parameters)
    for number, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), number + 1)
        axes.set(xlabel=name, ylabel="" if number else metric)
        _panel(axes, [point.parameters[name] for point in points], points)


def _panel(axes: Axes, parameter: Sequence[Any], points: Sequence[Point]) -> None:
    """Draw the metric against the values of one parameter."""
    positions = _positions(axes, parameter)
    dots = [
        (x, value) for x, point in zip(positions, points, strict=True) for value in point.values
    ]
    x_values, y_values = zip(*dots, strict=True)
    axes.scatter(x_values, y_values, s=9, color=INK, alpha=0.45, zorder=2)
    for group, colour in GROUPS.items():
        shown = [
            (x, p.mean, p.std) for x, p in zip(positions, points, strict=True) if p.group == group
        ]
        if shown:
            x, mean, std = zip(*shown, strict=True)
            axes.errorbar(x, mean, std, fmt="o", capsize=4, color=colour, label=group, zorder=3)
    axes.legend()


def _positions(axes: Axes, parameter: Sequence[Any]) -> list[float]:
    """x positions, with the axis set up: numbers by value, other values as categories."""
    if all(_is_number(value) for value in parameter):
        if min(parameter) > 0 and max(parameter) >= _LOG_RANGE * min(parameter):
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter("{x:g}")
        return [float(value) for value in parameter]
    texts = [str(value) for value in parameter]
    names = list(dict.fromkeys(texts))
    axes.set_xticks(range(len(names)), names)
    axes.set_xlim(-0.5, len(names) - 0.5)
    return [float(names.index(text)) for text in texts]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
