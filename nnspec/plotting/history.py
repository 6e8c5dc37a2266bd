"""The figures of several runs, epoch by epoch: a panel a figure, a colour a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from nnspec.plotting.style import LINES
from nnspec.runs.folder import History

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKED = 30  # epochs up to which each is a point of its own
_LETTERS = 10  # that fit into an inch
_DASHES = ("-", "--", ":")


def size(panels: int) -> tuple[float, float]:
    """Inches, for so many figures."""
    return 1.2 + 4.4 * panels, 4.2


def paint(figure: Figure, runs: Mapping[str, History], figures: Sequence[str]) -> None:
    """A line for each run that has the figure; `val_` beside it is thin."""
    panels = figure.subplots(1, len(figures), squeeze=False)[0]
    for axes, name in zip(panels, figures, strict=True):
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
    """The figure over the training rows, and over the validation rows where there were some."""
    epochs = history["epoch"]
    marker = "o" if len(epochs) <= _MARKED else ""
    if name in history:
        axes.plot(epochs, history[name], style, marker=marker, markersize=4, color=colour,
                  label=label)  # fmt: skip
    if f"val_{name}" in history:
        axes.plot(epochs, history[f"val_{name}"], style, linewidth=1.0, color=colour, alpha=0.7,
                  label=f"{label}, validation")  # fmt: skip
