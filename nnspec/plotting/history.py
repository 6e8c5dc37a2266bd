"""Figure of the training history of several runs: a panel for each metric."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import TYPE_CHECKING

from nnspec.plotting.style import LINES
from nnspec.runs.history import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MAX_MARKERS = 30  # epochs; a longer history is a line without markers
_LETTERS = 10  # of a legend, in an inch
_DASHES = ("-", "--", ":")


def size(panels: int) -> tuple[float, float]:
    """Figure size in inches for a number of panels."""
    return 1.2 + 4.4 * panels, 4.2


def paint(figure: Figure, runs: Mapping[str, History], metrics: Sequence[str]) -> None:
    """Draw each metric of each run that has it; validation values are thin lines."""
    panels = figure.subplots(1, len(metrics), squeeze=False)[0]
    for axes, name in zip(panels, metrics, strict=True):
        for number, (label, history) in enumerate(runs.items()):
            style = _DASHES[number // len(LINES) % len(_DASHES)]
            _lines(axes, history, name, label, LINES[number % len(LINES)], style)
        axes.set(xlabel="epoch", ylabel=f"{name} (mean over the epoch)")
        axes.xaxis.get_major_locator().set_params(integer=True)
    lines = {line.get_label(): line for axes in panels for line in axes.lines}
    columns = int(_LETTERS * figure.get_figwidth()) // max(len(str(label)) + 6 for label in lines)
    figure.legend(handles=lines.values(), loc="outside lower center",
                  ncols=max(1, min(columns, len(lines))))  # fmt: skip


def _lines(axes: Axes, history: History, name: str, label: str, colour: str, style: str) -> None:
    """Draw a metric over the training rows, and over the validation rows if there are any."""
    epochs = history["epoch"]
    marker = "o" if len(epochs) <= _MAX_MARKERS else ""
    if name in history:
        axes.plot(epochs, history[name], style, marker=marker, markersize=4, color=colour,
                  label=label)  # fmt: skip
    if f"val_{name}" in history:
        axes.plot(*_known(epochs, history[f"val_{name}"]), style, linewidth=1.0, color=colour,
                  alpha=0.7, label=f"{label}, validation")  # fmt: skip


def _known(epochs: Sequence[float], values: Sequence[float]) -> tuple[list[float], list[float]]:
    """The epochs that were validated, and their values: a line joins them over the others."""
    pairs = zip(epochs, values, strict=True)
    known = [(epoch, value) for epoch, value in pairs if not isnan(value)]
    return [epoch for epoch, _ in known], [value for _, value in known]
