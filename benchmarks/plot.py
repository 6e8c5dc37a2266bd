"""Figure of the time of each implementation relative to nnspec's NumPy backend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.report import label
from benchmarks.results import Section
from benchmarks.statistics import ratio

SHOWN = (
    "mlp", "cnn", "cnn-predict", "memory", "vgg", "separable", "residual", "mobile", "unet", "wide",
)  # fmt: skip
OURS, THEIRS = "#2f6f9f", "#b0b0b0"


def draw(sections: dict[str, Section], path: Path) -> None:
    """Draw bars of ratios with quartiles, a panel for each measured section."""
    shown = [name for name in SHOWN if "numpy" in getattr(sections.get(name), "times", ())]
    if not shown:
        return
    heights = [len(sections[name].times) + 1.5 for name in shown]
    figure = Figure(figsize=(8, 0.3 * sum(heights)), facecolor="white", layout="constrained")
    panels = figure.subplots(len(shown), squeeze=False, sharex=True, height_ratios=heights)[:, 0]
    for panel, name in zip(panels, shown, strict=True):
        _bars(panel, name, sections[name])
    figure.supxlabel("times what nnspec's NumPy backend takes; lines are quartiles", fontsize=9)
    with mpl.rc_context({"svg.hashsalt": "nnspec"}):  # equal numbers give equal bytes
        figure.savefig(path, metadata={"Date": None})


def _bars(panel: Any, name: str, section: Section) -> None:
    """Draw the bars of one section."""
    spreads = [ratio(section.times, key, "numpy") for key in section.times]
    medians = [spread.median for spread in spreads]
    lows = [spread.median - spread.low for spread in spreads]
    highs = [spread.high - spread.median for spread in spreads]
    labels = [label(name, key) for key in section.times]
    colors = [OURS if text.startswith("nnspec") else THEIRS for text in labels]
    bars = panel.barh(labels, medians, xerr=[lows, highs], color=colors, height=0.7)
    panel.bar_label(bars, fmt="%.2f", padding=4, fontsize=8)
    panel.axvline(1, color="black", linewidth=0.6)
    panel.set_title(section.label, loc="left", fontsize=10)
    panel.tick_params(labelsize=8, labelbottom=True)
    panel.margins(x=0.12)
    panel.invert_yaxis()
    panel.spines[["top", "right"]].set_visible(False)
