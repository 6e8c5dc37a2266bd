"""The figure of a tuning study."""

from __future__ import annotations

from functools import partial

import pytest

pytest.importorskip("matplotlib")

from nnspec.plotting import style, tuning
from nnspec.plotting.tuning import Point


def point(group="all folds", **parameters):
    return Point(parameters, (0.5, 0.75), 0.625, 0.125, group)


def drawn(*points):
    """The axes of the figure, and its bytes."""
    found = []

    def paint(figure):
        tuning.paint(figure, "a title", "accuracy", points)
        found.extend(figure.axes)

    return found, style.picture(".svg", tuning.size(points), paint)


def test_a_panel_for_each_parameter_and_a_name_for_each_group():
    axes, picture = drawn(point(a=1, b="x"), point("pruned", a=2, b="y"), point("best", a=3, b="x"))
    assert [one.get_xlabel() for one in axes] == ["a", "b"]
    assert [one.get_ylabel() for one in axes] == ["accuracy", ""]
    for text in (b"a title", b"all folds", b"pruned", b"best"):
        assert text in picture


@pytest.mark.parametrize(
    ("values", "scale"),
    [((0.01, 0.1, 1), "log"), ((1, 2, 3), "linear"), ((0, 1, 100), "linear"),
     ((True, 10), "linear"), (("a", "b"), "linear"), ((1, "a"), "linear")],
)  # fmt: skip
def test_the_axis_follows_the_values(values, scale):
    (axes,), _ = drawn(*(point(a=value) for value in values))
    assert axes.get_xscale() == scale
    if not all(type(value) in (int, float) for value in values):
        labels = [label.get_text() for label in axes.get_xticklabels()]
        assert labels == [str(value) for value in values]


def test_one_setting_is_enough(tmp_path):
    points = [point("best", a=0.1)]
    paint = partial(tuning.paint, title="t", metric="loss", points=points)
    style.save(tmp_path / "x.png", tuning.size(points), paint)
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")
