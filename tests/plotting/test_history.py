"""The figure of the training history of several runs."""

from math import nan

import pytest

from nnspec.plotting import history, style
from tests.plotting.pictures import needs_matplotlib, texts

RUNS = {
    "one": {"epoch": [1.0, 2.0], "loss": [2.0, 1.0], "val_loss": [3.0, 2.5], "seconds": [0.1, 0.1]},
    "other": {"epoch": [1.0], "loss": [4.0], "accuracy": [0.5], "seconds": [0.1]},
}


@needs_matplotlib
def test_a_panel_for_each_metric_and_a_line_for_each_run():
    from matplotlib.figure import Figure

    figure = Figure()
    history.paint(figure, RUNS, ["loss", "accuracy"])
    loss, accuracy = (
        {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
        for axes in figure.axes
    )
    assert loss == {
        "one": [[1, 2], [2, 1]],
        "one, validation": [[1, 3], [2, 2.5]],
        "other": [[1, 4]],
    }
    assert accuracy == {"other": [[1, 0.5]]}


@needs_matplotlib
def test_a_line_joins_the_epochs_that_were_validated():
    from matplotlib.figure import Figure

    rare = {"epoch": [1.0, 2.0, 3.0], "loss": [2.0, 1.0, 1.0], "val_loss": [3.0, nan, 2.5]}
    figure = Figure()
    history.paint(figure, {"rare": rare}, ["loss"])
    _, line = figure.axes[0].lines
    assert line.get_xydata().tolist() == [[1, 3], [3, 2.5]]


@needs_matplotlib
@pytest.mark.parametrize("metrics", [["accuracy"], ["loss", "accuracy"]])
def test_labels(metrics):
    svg = style.picture(
        ".svg", history.size(len(metrics)), lambda figure: history.paint(figure, RUNS, metrics)
    )
    found = texts(svg)
    assert {"other", "epoch", "accuracy (mean over the epoch)"} <= set(found)
    assert found.count("epoch") == len(metrics)
