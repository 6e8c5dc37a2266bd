"""The figure of functions and their derivatives."""

import numpy as np
import pytest

from nnspec.explain.curves import comparison_curves
from nnspec.options import registry
from nnspec.plotting import curves, style
from tests.plotting.pictures import needs_matplotlib, texts


def drawn(*kinds):
    """Each line of each panel: its label, x and y."""
    from matplotlib.figure import Figure

    figure = Figure()
    family = "loss" if registry.find("loss", kinds[0]) else "activation"
    curves.paint(
        figure, "title", comparison_curves([registry.find(family, kind) for kind in kinds])
    )
    return [
        {line.get_label(): line.get_xydata().T for line in axes.lines[:-1]} for axes in figure.axes
    ]


@needs_matplotlib
def test_a_function_and_its_derivative():
    function, slope = drawn("tanh")
    x, y = function["tanh"]
    assert y == pytest.approx(np.tanh(x))
    assert slope["tanh"][1] == pytest.approx(1 - np.tanh(x) ** 2)


@needs_matplotlib
def test_a_jump_is_a_gap():
    function, slope = drawn("relu")
    assert not np.isnan(function["relu"]).any()
    x, y = slope["relu"]
    (gap,) = np.flatnonzero(np.isnan(y))
    assert (x[gap - 1], y[gap - 1], y[gap + 1]) == (0, 0, 1)
    step, flat = drawn("heaviside")
    assert np.isnan(step["heaviside"][1]).sum() == 1
    assert not np.isnan(flat["heaviside"]).any()


@needs_matplotlib
def test_losses_are_drawn_for_both_targets_over_the_same_predictions():
    function, slope = drawn("binary_crossentropy", "half_squared_error")
    assert list(function) == [
        "binary_crossentropy for y = 0", "binary_crossentropy for y = 1",
        "half_squared_error for y = 0", "half_squared_error for y = 1",
    ]  # fmt: skip
    p, y = function["half_squared_error for y = 1"]
    assert y == pytest.approx((1 - p) ** 2 / 2)
    p, g = slope["binary_crossentropy for y = 1"]
    assert g == pytest.approx(-1 / p)
    squared = slope["half_squared_error for y = 1"][1]
    assert (np.abs(g) > np.abs(squared)).all()


@needs_matplotlib
def test_labels():
    found = comparison_curves([registry.find("activation", kind) for kind in ("relu", "tanh")])
    svg = style.picture(".svg", curves.SIZE, lambda figure: curves.paint(figure, "two", found))
    assert {"two", "x", "f(x)", "derivative of f(x)", "relu", "tanh"} <= set(texts(svg))
