"""Diagrams as text: a line a box, and lanes that lead from each box to those that read it."""

from __future__ import annotations

import pytest

from nnspec.drawing.diagram import diagram
from nnspec.drawing.text import to_text
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import build
from tests.random_graphs import random_network

UP, DOWN = set("│├┤┼╰╯┴●"), set("│├┤┼╭╮┬●")
LEFT, RIGHT = set("─┤┼╯┴╮┬"), set("─├┼╰┴╭┬")


def text_of(network, depth=99):
    return to_text(diagram(summarise(compile_spec(build({"network": network}))), depth))


def test_a_branch_and_its_merge():
    skip = {"add": {"inputs": ["tanh", "input"]}}
    found = text_of({"input_shape": [3], "layers": [{"dense": 3}, "tanh", skip, {"dense": 2}]})
    assert found.splitlines() == [
        "●    input    (3)",
        "├─╮",
        "│ ●  dense    (3)  12",
        "│ ●  tanh     (3)",
        "├─╯",
        "●    add      (3)",
        "●    dense_1  (2)  8",
    ]


def test_a_line_passes_a_lane_that_it_does_not_join():
    network = {
        "input_shape": [3],
        "layers": [
            {"dense": {"name": "a", "units": 3}},
            {"dense": {"name": "b", "units": 3}},
            {"dense": {"name": "c", "units": 3, "inputs": "input"}},
            {"add": {"inputs": ["a", "b", "c", "input"]}},
        ],
    }
    assert "├─│─│─╮" in text_of(network).splitlines()


@pytest.mark.parametrize("seed", range(60))
def test_lanes_join(seed):
    """What leads down from a line is met by what leads up from the next, and likewise sideways."""
    drawn = diagram(summarise(compile_spec(build(random_network(seed)))), seed % 3)
    lines = to_text(drawn).splitlines()
    assert sum("●" in line for line in lines) == len(drawn.boxes)
    width = max(line.rfind(c) for line in lines for c in UP | DOWN) + 1
    lanes = [f"{line[:width]:{width}}" for line in lines]
    readers, sources = drawn.readers(), drawn.sources()
    boxes = iter(drawn.boxes)
    for number, line in enumerate(lanes):
        box = next(boxes) if "●" in line else None
        for column, character in enumerate(line):
            above = lanes[number - 1][column] if number else " "
            ends = character == "●" and box and not sources[box.name]
            begins = above == "●" and not readers[drawn.boxes[_boxes(lanes[:number]) - 1].name]
            assert (above in DOWN and not begins) == (character in UP and not ends), lines
            before = line[column - 1] if column else " "
            crossing = "│" in (before, character) and "─" in (before, character)
            assert crossing or (before in RIGHT) == (character in LEFT), lines


def _boxes(lines):
    return sum("●" in line for line in lines)
