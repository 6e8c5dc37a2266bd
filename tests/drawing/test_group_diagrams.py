"""What folded groups hold: every layer once, equal groups together."""

from __future__ import annotations

import pytest

from nnspec.drawing.diagram import MOST_BOXES, diagram
from nnspec.drawing.group_diagrams import GroupDiagrams
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import build
from tests.drawing.test_layout import GALLERY
from tests.random_graphs import random_network


def parameters(links, drawn, blocks):
    """The parameters of a diagram's layers, counted in the blocks of its folded groups."""
    return sum(
        parameters(blocks[links[box.name]].links, blocks[links[box.name]].diagram, blocks)
        if box.name in links
        else box.parameters
        for box in drawn.boxes
    )


def kinds(links, drawn, blocks):
    """The kinds of all layers that unfolding everything shows."""
    found = []
    for box in drawn.boxes:
        if box.name in links:
            block = blocks[links[box.name]]
            found += kinds(block.links, block.diagram, blocks)
        elif box.kind:
            found.append(box.kind)
    return sorted(found)


def check(summary):
    """Assert that unfolding all groups shows the network's layers, no more and no less."""
    drawn, blocks = diagram(summary, 0), GroupDiagrams(summary)
    links = blocks.links(drawn)
    assert links.keys() == {box.name for box in drawn.boxes if box.layers}
    assert parameters(links, drawn, blocks.found) == summary.parameters
    assert kinds(links, drawn, blocks.found) == sorted(row.kind for row in summary.rows)


@pytest.mark.parametrize("seed", range(20))
def test_unfolding_shows_each_layer_of_random_graphs(seed):
    check(summarise(compile_spec(build(random_network(seed)))))


@pytest.mark.parametrize("name", ["resnet", "unet", "wide_and_deep", "googlenet"])
def test_unfolding_shows_each_layer_of_published_networks(name, published):
    check(published(name))


def test_equal_groups_are_one_block(published):
    """ResNet-50 has, at each of its four sizes, bottlenecks behind the first that are alike."""
    summary = published("resnet")
    blocks = GroupDiagrams(summary)
    blocks.links(diagram(summary, 3))
    bottlenecks = [block for block in blocks.found if block.title == "bottleneck"]
    assert [len(block.groups) for block in bottlenecks] == [2, 3, 5, 2]


def test_a_group_that_holds_only_another_one_is_no_block_of_its_own():
    inner = {"sequential": {"name": "inner", "layers": [{"dense": 3}] * MOST_BOXES}}
    outer = {"sequential": {"name": "outer", "layers": [inner]}}
    summary = summarise(compile_spec(build({"network": {"input_shape": 3, "layers": [outer]}})))
    blocks = GroupDiagrams(summary)
    assert blocks.links(diagram(summary, 0)) == {"outer": 0}
    (block,) = blocks.found
    assert block.groups == ["outer/inner"]
    assert len(block.diagram.boxes) == 1 + MOST_BOXES


def test_what_a_block_reads_and_gives():
    """A group of two inputs, whose first layer is read outside too."""
    layers = [
        {"sequential": {"name": "g", "inputs": "a", "layers": [
            {"dense": {"name": "d", "units": 2}}, {"add": {"name": "s", "inputs": ["d", "b"]}}]}},
        {"add": {"inputs": ["g.d", "g"]}},
    ]  # fmt: skip
    network = {"inputs": {"a": {"shape": 2}, "b": {"shape": 2}}, "layers": layers}
    summary = summarise(compile_spec(build({"network": network})))
    blocks = GroupDiagrams(summary)
    blocks.links(diagram(summary, 0))
    (block,) = blocks.found
    assert [(box.title, box.outputs) for box in block.diagram.boxes] == [
        ("input 1", ()), ("input 2", ()), ("d (dense)", ("1",)), ("s (add)", ("2",)),
    ]  # fmt: skip


def test_numbers_are_those_of_blocks_before_the_one_that_holds_them(published):
    for path in GALLERY[:6]:
        summary = published(path.stem)
        blocks = GroupDiagrams(summary)
        blocks.links(diagram(summary))
        for number, block in enumerate(blocks.found):
            assert all(inner < number for inner in block.links.values())
