"""The geometry of pictures: nothing overlaps what it should not, and everything is on the page."""

from __future__ import annotations

import pytest

from nnspec.drawing.centers import ascending
from nnspec.drawing.diagram import diagram
from nnspec.drawing.group_diagrams import GroupDiagrams
from nnspec.drawing.layout import layout_of
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import build, load
from tests.paths import ROOT
from tests.random_graphs import random_network

SPECS = sorted((ROOT / "specs").glob("*.yaml"))
GALLERY = sorted((ROOT / "specs" / "gallery").glob("*.yaml"))
UNFOLDED = ["resnet", "unet", "nasnet_mobile", "mobilenet_v3", "shufflenet_v2"]
OPENED = ["toy_resnet", "shufflenet_v2", "googlenet"]
HEIGHT = 10  # of a label's text


def drawn_layout(graph, depth):
    drawn = diagram(summarise(graph), depth)
    return drawn, layout_of(drawn)


def check(drawn, layout):
    """Assert that frames, labels and lines are where a picture has them."""
    frames = layout.frames
    assert frames.keys() == {box.name for box in drawn.boxes}
    areas = [(f.x, f.y, f.x + f.width, f.bottom) for f in frames.values()]
    labels = [(o.x, o.y - HEIGHT, o.x + o.width, o.y) for o in layout.labels]
    for left, top, right, bottom in [*areas, *labels]:
        assert left >= 0
        assert top >= 0
        assert right <= layout.width
        assert bottom <= layout.height
    for number, one in enumerate([*areas, *labels]):
        assert not any(overlap(one, other) for other in [*areas, *labels][:number])
    segments = [s for line in layout.lines for s in zip(line.points, line.points[1:], strict=False)]
    for (x, y), (u, v) in segments:
        assert x == u or y == v
        thin = (min(x, u) - 0.5, min(y, v) + 0.1, max(x, u) + 0.5, max(y, v) - 0.1)
        assert not any(overlap(thin, area) for area in [*areas, *labels])
    for line in layout.lines:
        assert all(0 <= x <= layout.width and 0 <= y <= layout.height for x, y in line.points)


def overlap(one, other):
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


@pytest.mark.parametrize("seed", range(40))
def test_random_graphs(seed):
    graph = compile_spec(build(random_network(seed)))
    for depth in (0, 1, 99):
        check(*drawn_layout(graph, depth))
    blocks = GroupDiagrams(summary := summarise(graph))
    blocks.links(diagram(summary, 0))
    for block in blocks.found:
        check(block.diagram, layout_of(block.diagram))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_specs(path):
    graph = compile_spec(load(path))
    for depth in (None, 99):
        check(*drawn_layout(graph, depth))


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_published_networks(path):
    graph = compile_spec(load(path))
    for depth in (None, 99) if path.stem in OPENED else (None,):
        check(*drawn_layout(graph, depth))


@pytest.mark.parametrize("name", UNFOLDED)
def test_what_published_networks_fold(name, published):
    """The pictures of their blocks, as those of the networks."""
    summary = published(name)
    blocks = GroupDiagrams(summary)
    blocks.links(diagram(summary))
    for block in blocks.found:
        check(block.diagram, layout_of(block.diagram))


def test_numbers_are_moved_as_little_as_possible_to_ascend():
    assert ascending([3, 1, 2, 5]) == [2, 2, 2, 5]
    assert ascending([1, 2, 3]) == [1, 2, 3]
    assert ascending([]) == []


def test_every_line_that_reaches_a_box_is_an_arrow_of_one_edge():
    graph = compile_spec(load(ROOT / "specs" / "residual.yaml"))
    drawn, layout = drawn_layout(graph, 99)
    assert sum(line.is_arrow for line in layout.lines) == len(drawn.edges)
