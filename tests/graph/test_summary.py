"""Summaries: parameters, formulas, FLOPs, the JSON form and the text table."""

from __future__ import annotations

import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise, table
from nnspec.options import registry
from nnspec.spec.loader import build, load
from tests.paths import SPECS


def gallery(name):
    return summarise(compile_spec(load(SPECS / f"{name}.yaml")))


def summary_of(*layers, input_shape):
    network = {"input_shape": list(input_shape), "layers": list(layers)}
    return summarise(compile_spec(build({"network": network})))


def test_the_lectures_convolutional_network():
    rows = gallery("cnn").rows
    assert [row.parameters for row in rows] == [320, 0, 18496, 0, 36928, 0, 36928, 650]
    assert gallery("cnn").counts() == {"total": 93322, "trainable": 93322, "non_trainable": 0}


def test_the_lectures_feed_forward_network():
    rows = gallery("mlp").rows
    assert [row.formula for row in rows] == ["(28*28+1)*512", "(512+1)*10"]
    assert gallery("mlp").parameters == 407_050


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_spec_of_the_gallery_has_the_parameters_that_it_expects(path):
    spec = load(path)
    if spec.expect and spec.expect.parameters:
        assert summarise(compile_spec(spec)).parameters == spec.expect.parameters


EXAMPLES = [
    pytest.param(cls.kind, example, id=f"{cls.kind}-{example.options}")
    for cls in registry.classes("layer")
    for example in cls.examples
]


@pytest.mark.parametrize(("kind", "example"), EXAMPLES)
def test_a_formula_evaluates_to_the_number_of_weights(kind, example):
    written = {kind: example.options}
    graph = compile_spec(
        build({"network": {"input_shape": list(example.input_shape), "layers": [written]}})
    )
    (row,) = summarise(graph).rows
    assert eval(row.formula or "0") == row.parameters
    assert row.parameters == sum(weight.size for _, weight in graph.weights())


def test_a_layer_is_counted_with_its_activation():
    dense = {"dense": {"units": 4, "activation": "prelu"}}
    (row,) = summary_of(dense, input_shape=(3,)).rows
    assert (row.name, row.kind, row.formula, row.parameters) == ("dense", "dense", "(3+1)*4+4", 20)
    assert row.flops == (2 * 3 + 1) * 4 + 2 * 4


def test_the_json_form():
    assert summary_of({"dense": 2}, "relu", input_shape=(3,)).plain() == {
        "name": "network",
        "input_shape": [3],
        "output_shape": [2],
        "layers": [
            {
                "name": "dense",
                "kind": "dense",
                "output_shape": [2],
                "parameters": 8,
                "formula": "(3+1)*2",
                "trainable": True,
                "flops": 14,
            },
            {
                "name": "relu",
                "kind": "relu",
                "output_shape": [2],
                "parameters": 0,
                "formula": "",
                "trainable": True,
                "flops": 2,
            },
        ],
        "parameters": {"total": 8, "trainable": 8, "non_trainable": 0},
        "flops": 16,
        "activation_bytes": 16,
    }


TABLE = """\
network
───────────────────────────────────────────────
layer         output shape  parameters  formula
───────────────────────────────────────────────
input         (3)
head (dense)  (2)                    8  (3+1)*2
relu          (2)                    0
───────────────────────────────────────────────
parameters        8
  trainable       8
  non-trainable   0
FLOPs per row     16
activations       16 bytes per row (float32)"""


def test_the_table():
    head = {"dense": {"units": 2, "name": "head"}}
    assert table(summary_of(head, "relu", input_shape=(3,))) == TABLE
