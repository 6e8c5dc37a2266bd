from __future__ import annotations

import numpy as np
import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.graph.summary import summarise
from nnspec.options.validation import read_component
from tests.networks import graph_of, program_of


def normalized(options, *rows, **weights):
    graph = graph_of([{"normalization": options}], np.shape(rows[0]))
    program = program_of(graph, backend="numpy:reference")
    program.set_weights({f"normalization/{name}": np.array(w) for name, w in weights.items()})
    return program.predict(np.array(rows)).tolist()


def test_a_given_mean_is_subtracted_along_its_axis():
    one = {"mean": 1.0, "variance": 4.0}
    table = {"mean": [1.0, 2.0], "variance": [4.0, 0.0]}
    assert normalized(one, [3.0, 1.0]) == [[1.0, 0.0]]
    assert normalized({**one, "invert": True}, [1.0, 0.0]) == [[3.0, 1.0]]
    assert normalized(table, [3.0, 2.0]) == [[1.0, 0.0]]
    assert normalized({**table, "axis": 1}, [[3.0, 1.0, 5.0], [2.0, 2.0, 2.0]]) == [
        [[1.0, 0.0, 2.0], [0.0, 0.0, 0.0]]
    ]


@pytest.mark.parametrize("axis", [-1, 3, [3]])
def test_without_numbers_mean_and_variance_are_weights(axis):
    (row,) = summarise(graph_of([{"normalization": {"axis": axis}}], (224, 224, 3))).rows
    assert (row.parameters, row.trainable, row.formula) == (7, 0, "2*3+1")  # as of EfficientNetB0
    weights = {"mean": [1.0, 2.0], "variance": [4.0, 0.25], "count": 2.0}
    assert normalized({}, [3.0, 1.0], **weights) == [[1.0, -2.0]]


@pytest.mark.parametrize("axis", [1, 3, 0])
def test_a_list_has_a_number_for_each_place_of_its_axis(axis):
    table = {"mean": [1.0, 2.0], "variance": [4.0, 1.0], "axis": axis}
    with pytest.raises(SpecError, match="axis"):
        graph_of([{"normalization": table}], (3, 2))


@pytest.mark.parametrize(
    "options",
    [
        {"mean": 0.0, "variance": [1.0]},
        {"mean": [0.0, 1.0], "variance": [1.0]},
        {"mean": 0.0, "variance": -1.0},
        {"mean": [], "variance": []},
        {"mean": 0.0},
        {"variance": [1.0]},
        {"axis": [1, 2]},
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
