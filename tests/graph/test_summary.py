"""Summaries: parameters, formulas, FLOPs, the JSON form and the text table."""

from __future__ import annotations

import pytest

from nnspec.components.layers.activations import ReLU
from nnspec.components.layers.base import Layer
from nnspec.components.layers.dense import Dense
from nnspec.errors import Document
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.language.reader import parse
from nnspec.options.component import DEFINED
from nnspec.spec.loader import build, load
from tests.layer_examples import EXAMPLES, IDS, network
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


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=IDS)
def test_a_formula_evaluates_to_the_number_of_weights(cls, example):
    graph = compile_spec(build({"network": network(cls, example)}))
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
        "inputs": {"input": {"shape": [3], "dtype": "float32"}},
        "outputs": {"relu": {"layer": "relu", "shape": [2], "dtype": "float32"}},
        "layers": [
            {
                "name": "dense",
                "kind": "dense",
                "output_shape": [2],
                "parameters": 8,
                "formula": "(3+1)*2",
                "trainable": True,
                "flops": 14,
                "inputs": ["input"],
                "scope": None,
                "shared_with": None,
            },
            {
                "name": "relu",
                "kind": "relu",
                "output_shape": [2],
                "parameters": 0,
                "formula": "",
                "trainable": True,
                "flops": 2,
                "inputs": ["dense"],
                "scope": None,
                "shared_with": None,
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


def network_of(text):
    """The summary of a network, given as YAML."""
    return summarise(compile_spec(build({"network": parse(Document("network", text))})))


def lines(summary, **options):
    """The rows between the head and the totals, with the head."""
    _, _, head, _, *rows = table(summary, **options).splitlines()
    return [head, *rows[: next(i for i, row in enumerate(rows) if row.startswith("─"))]]


TWO = """
inputs:
  image: {shape: [4, 4, 1]}
  words: {shape: [5], dtype: int32}
  other: {shape: [4, 4, 1]}
layers:
  - sequential:
      name: vision
      inputs: image
      layers: [{conv2d: {filters: 2, kernel_size: 3}}, flatten]
  - embedding: {name: tokens, inputs: words, input_dim: 10, output_dim: 2}
  - flatten
  - shared: {name: twin, layer: vision, inputs: other}
  - concatenate: {inputs: [vision, twin, flatten]}
  - residual: {layers: [{dense: 6}, relu], shortcut: [{dense: 6}]}
  - dense: {name: fee, units: 1}
  - dense: {name: kind, units: 3, activation: softmax, inputs: residual}
outputs: {cost: fee, kind: kind}
"""
FOLDED = """\
layer                     output shape  parameters  FLOPs  formula             reads
image (input)             (4, 4, 1)
words (input)             (5) int32
other (input)             (4, 4, 1)
vision (2 layers)         (8)                   20    152                      image
tokens (embedding)        (5, 2)                20         10*2                words
flatten                   (10)                   0
twin (2 layers)           (8)                    0    152  shared with vision  other
concatenate               (26)                   0                             vision, twin, flatten
residual
  dense                   (6)                  162         (26+1)*6
  relu                    (6)                    0
  shortcut.dense          (6)                  162         (26+1)*6            concatenate
  add                     (6)                    0                             relu, shortcut.dense
fee (dense), output cost  (1)                    7         (6+1)*1
kind (dense), output      (3)                   21         (6+1)*3             residual"""
EXPANDED = """\
vision (sequential)
  conv2d                  (2, 2, 2)             20  3*3*1*2+2                  image
  flatten                 (8)                    0
tokens (embedding)        (5, 2)                20  10*2                       words
flatten                   (10)                   0
twin (sequential)
  conv2d                  (2, 2, 2)              0  shared with vision.conv2d  other
  flatten                 (8)                    0"""


def test_the_table_of_a_graph():
    assert "\n".join(lines(network_of(TWO))) == FOLDED


def test_the_table_with_every_layer_of_the_groups():
    assert "\n".join(lines(network_of(TWO), expand=True)[4:12]) == EXPANDED


def test_shared_weights_count_once():
    summary = network_of(TWO)
    graph = compile_spec(build({"network": parse(Document("network", TWO))}))
    assert summary.parameters == sum(weight.size for _, weight in graph.weights())
    twin = next(row for row in summary.plain()["layers"] if row["name"] == "twin/conv2d")
    assert (twin["parameters"], twin["flops"]) == (0, 2 * 2 * 2 * (2 * 9 + 1))
    assert (twin["scope"], twin["shared_with"]) == ("twin", "vision/conv2d")


def test_the_json_form_of_a_graph():
    plain = network_of(TWO).plain()
    assert plain["inputs"]["words"] == {"shape": [5], "dtype": "int32"}
    assert plain["outputs"] == {
        "cost": {"layer": "fee", "shape": [1], "dtype": "float32"},
        "kind": {"layer": "kind", "shape": [3], "dtype": "float32"},
    }
    inputs = {row["name"]: row["inputs"] for row in plain["layers"]}
    assert inputs["concatenate"] == ["vision/flatten", "twin/flatten", "flatten"]
    assert inputs["residual/add"] == ["residual/relu", "residual/shortcut/dense"]
    assert inputs["kind"] == ["residual/add"]


def repeated(*times):
    groups = [{"sequential": {"name": str(i), "layers": list(t)}} for i, t in enumerate(times)]
    group = {"sequential": {"block": "repeat", "name": "repeat", "layers": groups}}
    return lines(summary_of(group, {"dense": 1}, input_shape=(4,)))[2].partition(")")[0] + ")"


def block(*layers, **options):
    return {"sequential": {"block": "bottleneck", "layers": list(layers), **options}}


def test_a_repeat_says_what_it_repeats_and_how_often():
    assert repeated(*[["relu", {"dense": 4}]] * 3) == "repeat (3 x 2 layers)"
    assert repeated(*[[block("relu", {"dense": 4})]] * 3) == "repeat (3 x bottleneck)"
    assert repeated(*[[{"residual": [{"dense": 4}]}]] * 2) == "repeat (2 x residual)"
    assert repeated([block("relu")], [block("relu"), "relu"]) == "repeat (2 x, 3 layers)"
    assert repeated(["relu"], ["relu", "relu"]) == "repeat (2 x, 3 layers)"


def test_a_block_is_called_by_its_name():
    summary = summary_of(block({"dense": 4}), block("relu", name="stage"), input_shape=(4,))
    first, second = (line.partition(")")[0] + ")" for line in lines(summary)[2:])
    assert (first, second) == ("bottleneck (1 layer)", "stage (bottleneck, 1 layer)")


def test_a_name_that_the_inner_group_has_too_is_written_in_full():
    layers = ["relu", {"residual": ["relu", {"add": {"inputs": ["relu", "outer.relu"]}}]}]
    group = {"sequential": {"name": "outer", "layers": layers}}
    rows = lines(summary_of(group, input_shape=(4,)), expand=True)
    assert rows[-2:] == [
        "    add             (4)                    0           relu, outer.relu",
        "    add_1           (4)                    0           add, outer.relu",
    ]


def test_a_time_of_a_repeat_is_called_by_its_number():
    times = [
        {"sequential": {"name": str(i), "layers": [{"dense": 4}, {"residual": [{"dense": 4}]}]}}
        for i in range(2)
    ]
    times[1]["sequential"]["layers"].append({"add": {"inputs": ["residual", "0"]}})
    group = {"sequential": {"block": "repeat", "layers": times}}
    rows = lines(summary_of(group, input_shape=(4,)), expand=True)
    assert [row.split("  ")[0] or row.strip().split("  ")[0] for row in rows[2:4]] == [
        "repeat",
        "0",
    ]
    assert rows[-1].split()[-2:] == ["residual,", "repeat.0"]


def test_one_value_read_twice_is_said():
    rows = lines(summary_of("relu", {"multiply": {"inputs": ["relu", "relu"]}}, input_shape=(4,)))
    assert rows[-1].endswith("  relu, relu")


def test_an_output_inside_the_network_is_marked():
    network = {
        "input_shape": 4,
        "layers": [{"dense": 2}, {"dense": 3}],
        "outputs": ["dense", "dense_1"],
    }
    rows = lines(summarise(compile_spec(build({"network": network}))))
    assert [row.partition("  ")[0] for row in rows[2:]] == ["dense, output", "dense_1, output"]


class Twice(Layer, kind="summary_twice"):
    """y = (x W) W', by other layers."""

    def lower(self, add, x):
        return add(Dense(units=3), add(Dense(units=2, activation=ReLU()), x))


del DEFINED["layer", "summary_twice"]  # it is no layer of the language


def test_a_composite_layer_has_the_sums_of_its_lowering():
    (row,) = summary_of(Twice(), input_shape=(4,)).rows
    assert (row.formula, row.parameters) == ("(4+1)*2+(2+1)*3", 19)
    assert row.flops == (2 * 4 + 1) * 2 + 2 + (2 * 2 + 1) * 3
