"""The figure of a loss surface with descents."""

import numpy as np
import pytest

from nnspec.plotting import loss_surface, style
from tests.analysis.test_loss_surface import session, slope_only, surface_of
from tests.plotting.pictures import needs_matplotlib, texts


def drawn(found):
    from matplotlib.figure import Figure

    figure = Figure()
    loss_surface.paint(figure, found, {one.rate: f"ends {one.end}" for one in found.descents})
    return {line.get_label(): line.get_xydata() for line in figure.axes[0].lines}


@needs_matplotlib
def test_descents_lie_on_the_curve():
    found = surface_of(slope_only(), rates=(0.1,), updates=7)
    lines = drawn(found)
    expected = np.stack([found.descents[0].points[:, 0], found.descents[0].losses], axis=1)
    assert lines["rate 0.1: ends slow"] == pytest.approx(expected)
    assert lines["start"] == pytest.approx(expected[:1])
    assert lines["lowest point found"][0, 0] == pytest.approx(34 / 14)


@needs_matplotlib
def test_a_descent_that_diverges_ends_outside_the_picture():
    found = surface_of(session(), rates=(0.1, 1.0))
    away = drawn(found)["rate 1: ends diverges"]
    seen = [(axis[0] <= w) & (w <= axis[-1]) for axis, w in zip(found.axes, away.T, strict=True)]
    inside = np.all(seen, axis=0)
    assert inside[:-1].all()
    assert not inside[-1]
    assert len(drawn(found)["rate 0.1: ends converges"]) == 101


@needs_matplotlib
@pytest.mark.parametrize("of", [session, slope_only])
def test_labels(of):
    found = surface_of(of(), points=5)
    outcomes = {one.rate: f"ends {one.end}" for one in found.descents}
    svg = style.picture(
        ".svg", loss_surface.SIZE, lambda figure: loss_surface.paint(figure, found, outcomes)
    )
    expected = {*found.weights, "mean loss over the training rows", "start", "lowest point found"}
    expected |= {f"rate {rate:g}: {end}" for rate, end in outcomes.items()}
    assert expected <= set(texts(svg))


@needs_matplotlib
def test_a_flat_loss_can_be_drawn():
    found = surface_of(session([{"dense": {"units": 1, "activation": "heaviside"}}]), points=3)
    assert "start" in drawn(found)
