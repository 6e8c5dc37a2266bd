"""Figure of a loss surface with descents: a curve for one weight, contours for two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nnspec.analysis.loss_surface.descent import Descent
from nnspec.analysis.loss_surface.surface import Surface
from nnspec.backends.arrays import Array
from nnspec.plotting.style import BACKGROUND, INK, LINES, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE = (7.5, 5.6)
_CONTOURS = 14
_COLOURS = (LINES[0], LINES[1], LINES[3], LINES[2], LINES[4], LINES[5])


def paint(figure: Figure, surface: Surface, outcomes: dict[float, str]) -> None:
    """Draw the surface and a line for each descent; `outcomes` are its legend texts by rate."""
    axes = figure.subplots()
    draw = _curve if len(surface.axes) == 1 else _contours
    figure.suptitle("Gradient descent from the same start at different learning rates")
    draw(figure, axes, surface)
    for number, descent in enumerate(surface.descents):
        colour = _COLOURS[number % len(_COLOURS)]
        label = f"rate {descent.rate:g}: {outcomes[descent.rate]}"
        axes.plot(*_line(descent, surface.axes), "o-", color=colour, label=label, markersize=4,
                  linewidth=1.3, zorder=4 - number / 100)  # fmt: skip
    axes.plot(*_marker(surface.start, surface.descents[0].losses[0]), "s", color=INK,
              markersize=8, zorder=5, label="start", linestyle="none")  # fmt: skip
    axes.plot(*_marker(surface.minimum.point, surface.minimum.loss), "*", color=INK, markersize=13,
              zorder=5, label="lowest point found", linestyle="none",
              markeredgecolor=BACKGROUND)  # fmt: skip
    figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=1)


def _curve(_: Figure, axes: Axes, surface: Surface) -> None:
    (x,) = surface.axes
    axes.plot(x, surface.losses, color=INK, linewidth=1.6, zorder=2)
    low, high = _limits(surface.losses)
    margin = 0.06 * ((high - low) or 1.0)
    axes.set(xlim=(x[0], x[-1]), ylim=(low - margin, high + margin), xlabel=surface.weights[0],
             ylabel="mean loss over the training rows")  # fmt: skip


def _contours(figure: Figure, axes: Axes, surface: Surface) -> None:
    """Draw contours at quadratically growing losses, evenly spaced on a paraboloid."""
    x, y = surface.axes
    low, high = _limits(surface.losses)
    levels = low + ((high - low) or 1.0) * np.linspace(0, 1, _CONTOURS + 1) ** 2
    heights = np.ma.masked_invalid(surface.losses.T)
    filled = axes.contourf(x, y, heights, levels, cmap=f"{SEQUENTIAL}_r", alpha=0.55)
    axes.contour(x, y, heights, levels[1:], colors=INK, linewidths=0.4, alpha=0.5)
    figure.colorbar(filled, label="mean loss over the training rows", format="%.3g")
    axes.grid(visible=False)
    axes.set(xlim=(x[0], x[-1]), ylim=(y[0], y[-1]), xlabel=surface.weights[0],
             ylabel=surface.weights[1])  # fmt: skip


def _line(descent: Descent, axes: Sequence[Array]) -> tuple[Array, Array]:
    """Points of a descent, (w, loss) or (w1, w2); a divergent one is cut after leaving the grid."""
    low, high = np.array([(axis[0], axis[-1]) for axis in axes]).T
    outside = np.flatnonzero(((descent.points < low) | (descent.points > high)).any(axis=1))
    leaves = descent.end == "diverges" and outside.size
    visible = slice(int(outside[0]) + 1 if leaves else None)
    height = descent.losses if len(axes) == 1 else descent.points[:, 1]
    return descent.points[visible, 0], height[visible]


def _marker(point: Array, loss: float) -> tuple[list[float], list[float]]:
    """x and y of one point of the surface."""
    return [point[0]], [point[1] if len(point) == 2 else loss]


def _limits(losses: Array) -> tuple[float, float]:
    """The smallest and the largest finite loss."""
    finite = losses[np.isfinite(losses)]
    return float(finite.min()), float(finite.max())
