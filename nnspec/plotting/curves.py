"""Figure of functions of one variable, with their derivatives in a second panel."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.explain.curves import Curve
from nnspec.plotting.style import INK, LINES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIZE = (9.0, 4.0)
_DASHES = ("-", "--")
_WIDTHS = (3.0, 1.4)
_LEGEND_WIDTH = 90  # characters of a line


def paint(figure: Figure, title: str, curves: Mapping[str, Curve]) -> None:
    """Draw the curves by name on the left, their derivatives on the right."""
    figure.suptitle(title)
    panels = figure.subplots(1, 2)
    for axes, name, values in zip(panels, ("", "derivative of "), ("y", "slope"), strict=True):
        for (label, curve), style in zip(curves.items(), _styles(curves), strict=True):
            axes.plot(*_with_gaps(curve.x, getattr(curve, values)), label=label, **style)
            axes.set(xlabel=curve.variable, ylabel=f"{name}{curve.value}")
        axes.axhline(0, color=INK, linewidth=0.8, zorder=1)
    if len(curves) > 1:
        columns = max(1, _LEGEND_WIDTH // max(len(name) + 6 for name in curves))
        figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center",
                      ncols=min(columns, len(curves)))  # fmt: skip


def _styles(curves: Mapping[str, Curve]) -> Iterator[dict[str, Any]]:
    """Line styles: a colour and a width for each kind, a dash pattern for each note.

    Widths alternate, so that no curve hides another.
    """
    kinds = list(dict.fromkeys(name.removesuffix(one.note) for name, one in curves.items()))
    notes = list(dict.fromkeys(one.note for one in curves.values()))
    for name, one in curves.items():
        kind, note = kinds.index(name.removesuffix(one.note)), notes.index(one.note)
        colour, width = LINES[kind % len(LINES)], _WIDTHS[kind % len(_WIDTHS)]
        yield {"color": colour, "ls": _DASHES[note % len(_DASHES)], "linewidth": width}


def _with_gaps(x: Array, y: Array) -> tuple[Array, Array]:
    """The curve with NaN at its jumps, so that no vertical line is drawn there."""
    steps = np.abs(np.diff(y))
    neighbours = np.pad(steps, 1)[:-2] + np.pad(steps, 1)[2:]
    jumps = np.flatnonzero(steps > 10 * neighbours + 1e-9) + 1
    return np.insert(x, jumps, np.nan), np.insert(y, jumps, np.nan)
