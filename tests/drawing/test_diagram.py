"""Boxes of layers and of folded groups, and the edges between them."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from nnspec.drawing.diagram import MOST_BOXES, diagram
from nnspec.drawing.svg import to_svg
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import build, load
from tests.random_graphs import random_network

TEXT = """
network:
  input_shape: [4]
  layers:
    - repeat: {times: 9, layers: [{residual: [{dense: 4}, relu]}]}
    - dense: 2
"""


@pytest.fixture
def summary(tmp_path):
    """Nine blocks and a layer."""
    path = tmp_path / "repeated.yaml"
    path.write_text(TEXT)
    return summarise(compile_spec(load(path)))


def test_groups_are_folded_to_a_depth(summary):
    titles = [[box.title for box in diagram(summary, depth).boxes] for depth in (0, 1)]
    assert titles[0] == ["input", "9 x residual", "dense"]
    assert titles[1][:3] == ["input", "repeat.0", "repeat.1"]
    assert len(titles[1]) == 11


def test_as_many_groups_are_opened_as_a_screen_shows(summary):
    drawn = diagram(summary)
    assert len(drawn.boxes) == 11 <= MOST_BOXES
    assert len(diagram(summary, 99).boxes) == 1 + 9 * 3 + 1


def test_a_folded_group_has_the_parameters_and_kinds_of_its_layers(summary):
    _, repeat, _ = diagram(summary, 0).boxes
    assert repeat.parameters == 9 * 20
    assert repeat.layers == ("9 x dense", "9 x relu", "9 x add")
    assert repeat.shape == "(4)"


@pytest.mark.parametrize("seed", range(20))
def test_parameters_and_edges_are_those_of_the_network(seed):
    summary = summarise(compile_spec(build(random_network(seed))))
    for depth in (0, 1, 99):
        drawn = diagram(summary, depth)
        assert sum(box.parameters for box in drawn.boxes) == summary.parameters
        order = [box.name for box in drawn.boxes]
        assert all(order.index(edge.source) < order.index(edge.target) for edge in drawn.edges)
        if depth == 99:
            assert order[len(summary.inputs) :] == [row.name for row in summary.rows]


def test_outputs_are_told_where_they_are_not_the_last_box_alone():
    layers = [{"dense": {"name": "a", "units": 2}}, {"dense": {"name": "b", "units": 3}}]
    network = {"input_shape": [4], "layers": layers}
    one, two = (
        diagram(summarise(compile_spec(build({"network": {**network, **outputs}}))))
        for outputs in ({}, {"outputs": ["a", "b"]})
    )
    assert [box.outputs for box in one.boxes] == [()] * 3
    assert [box.outputs for box in two.boxes] == [(), ("a",), ("b",)]


def test_the_picture_of_a_hostile_name_is_well_formed(summary):
    name = 'a <b> & "c"'
    picture = to_svg(diagram(summary._replace(name=name)))
    title = ElementTree.fromstring(picture)[0]  # noqa: S314  (a text of this test's own)
    assert title.text == f"{name}, 190 parameters"
