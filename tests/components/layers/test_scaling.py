from __future__ import annotations

import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.graph.lower import lower
from nnspec.options.validation import read_component
from tests.networks import graph_of


def lowered(options, shape):
    return [node.kind for node in lower(graph_of([{"normalization": options}], shape)).nodes]


def test_a_given_mean_is_subtracted_along_its_axis():
    one = {"mean": 1.0, "variance": 4.0}
    table = {"mean": [1.0, 2.0], "variance": [4.0, 0.0]}
    assert lowered(one, (3, 2)) == ["rescaling", "rescaling"]
    assert lowered({**one, "invert": True}, (3, 2)) == ["rescaling"]
    assert lowered(table, (3, 2)) == ["rescaling", "rescaling"]
    assert lowered({**table, "axis": 1}, (2, 3)) == ["permute", "rescaling", "rescaling", "permute"]


@pytest.mark.parametrize("axis", [1, 3, 0])
def test_a_list_has_a_number_for_each_place_of_its_axis(axis):
    table = {"mean": [1.0, 2.0], "variance": [4.0, 1.0], "axis": axis}
    with pytest.raises(SpecError, match="axis"):
        lowered(table, (3, 2))


@pytest.mark.parametrize(
    "options",
    [
        {"mean": 0.0, "variance": [1.0]},
        {"mean": [0.0, 1.0], "variance": [1.0]},
        {"mean": 0.0, "variance": -1.0},
        {"mean": [], "variance": []},
        {"mean": 0.0},
    ],
)
def test_a_mean_has_its_variance(options):
    with pytest.raises(SpecError):
        read_component("layer", {"normalization": options})


@pytest.mark.parametrize("name", ["scale", "offset"])
def test_rescaling_has_a_number_for_each_channel(name):
    layer = read_component("layer", {"rescaling": {"scale": 1.0, name: [1.0, 2.0]}})
    assert layer.output_shape((4, 2)) == (4, 2)
    for shape in [(2, 4), ()]:
        with pytest.raises(ShapeError, match=f"2 numbers as its {name}"):
            layer.output_shape(shape)
