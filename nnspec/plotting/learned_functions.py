"""Rows as dots, the truth dashed, and a line for each run's function of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnspec.analysis.learned_functions import LearnedFunctions
from nnspec.plotting.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 7.0, 4.6  # inches
_MARGIN = 0.15  # of the rows' height, above and below them: a wild function leaves the picture


def paint(figure: Figure, fits: LearnedFunctions) -> None:
    """All on one pair of axes, whose height follows the rows."""
    axes = figure.subplots()
    axes.plot(*fits.rows, "o", markersize=3, color=INK, alpha=0.35, label="rows")
    low, high = axes.get_ylim()
    if fits.truth:
        axes.plot(*fits.truth, "--", linewidth=1.5, color=INK, label="truth", zorder=3)
    for number, (name, points) in enumerate(fits.runs.items()):
        axes.plot(*points, color=LINES[number % len(LINES)], label=name)
    axes.set(xlabel="x (as it is given)", ylabel="y",
             ylim=(low - _MARGIN * (high - low), high + _MARGIN * (high - low)))  # fmt: skip
    figure.legend(loc="outside lower center", ncols=4)
