"""Figure of learned functions: rows as dots, the truth dashed, a line for each run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnspec.analysis.learned_functions import LearnedFunctions
from nnspec.plotting.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = 7.0, 4.6  # inches
_MARGIN = 0.15  # above and below the rows, as a share of their height; functions are cut off there


def paint(figure: Figure, functions: LearnedFunctions) -> None:
    """Draw training points, true function and predictions; the y limits follow the points."""
    axes = figure.subplots()
    axes.plot(*functions.rows, "o", markersize=3, color=INK, alpha=0.35, label="rows")
    low, high = axes.get_ylim()
    if functions.truth:
        axes.plot(*functions.truth, "--", linewidth=1.5, color=INK, label="truth", zorder=3)
    for number, (name, points) in enumerate(functions.runs.items()):
        axes.plot(*points, color=LINES[number % len(LINES)], label=name)
    axes.set(xlabel="x (as it is given)", ylabel="y",
             ylim=(low - _MARGIN * (high - low), high + _MARGIN * (high - low)))  # fmt: skip
    figure.legend(loc="outside lower center", ncols=4)
