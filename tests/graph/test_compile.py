"""Compilation of specs to graphs: names, lowering, shape inference, checks against the data."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.errors import SpecError
from nnspec.graph.build import build_graph
from nnspec.graph.compile import compile_spec
from nnspec.graph.network_inputs import preprocessed_tensor_specs
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.spec.loader import build, load

ROWS = {"rows": {"inputs": [[0, 0], [0, 1]], "targets": [0, 1]}}


def network(*layers, input_shape=3, **sections):
    return build({"network": {"input_shape": input_shape, "layers": list(layers)}, **sections})


def names(*layers):
    return [node.name for node in compile_spec(network(*layers)).nodes]


def problems_of(spec):
    with pytest.raises(SpecError) as caught:
        compile_spec(spec)
    return caught.value.problems


# ---------------------------------------------------------------- names


def test_layers_are_numbered_from_the_second_of_their_kind_on():
    assert names("relu", {"dense": 2}, "relu", "relu") == ["relu", "dense", "relu_1", "relu_2"]


def test_an_automatic_name_avoids_the_given_ones():
    given = {"relu": {"name": "relu_1"}}
    assert names("relu", given, "relu", {"tanh": {"name": "relu"}}) == [
        "relu_2",
        "relu_1",
        "relu_3",
        "relu",
    ]


def test_the_name_of_the_input_is_taken():
    (problem,) = problems_of(network({"relu": {"name": "input"}}))
    assert problem.message == "'input' is taken"


@pytest.mark.parametrize("name", ["", "a b", "a.b", "a/b", "1a", "../a"])
def test_an_invalid_name_is_problems_of(name):
    (problem,) = problems_of(network({"relu": {"name": name}}))
    assert problem.message == f"{name!r} is no layer name"


def test_a_name_is_no_longer_than_a_file_may_have():
    assert names({"relu": {"name": "a" * 100}}) == ["a" * 100]
    (problem,) = problems_of(network({"relu": {"name": "a" * 101}}))
    assert "is no layer name" in problem.message


def test_every_bad_name_is_reported_at_its_place(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text(
        "network:\n"
        "  input_shape: 3\n"
        "  layers:\n"
        "    - relu: {name: a}\n"
        "    - tanh: {name: a}\n"
        "    - tanh: {name: a b}\n"
    )
    taken, bad = problems_of(load(path))
    assert (taken.message, str(taken.where)) == ("'a' is taken", f"{path}:5:20")
    assert (bad.message, str(bad.where)) == ("'a b' is no layer name", f"{path}:6:20")


def test_many_layers_are_named_quickly():
    assert len(set(names(*["relu"] * 20_000))) == 20_000


# ---------------------------------------------------------------- activations


def test_an_activation_is_a_node_of_its_own():
    graph = build_graph(network({"dense": {"units": 2, "activation": "relu"}}, "flatten"))
    assert [(node.name, node.kind, node.inputs, node.origin) for node in graph.nodes] == [
        ("dense", "dense", ("input",), "dense"),
        ("dense.relu", "relu", ("dense",), "dense"),
        ("flatten", "flatten", ("dense.relu",), "flatten"),
    ]


# ---------------------------------------------------------------- infer


def test_inference_resolves_padding_strides_and_shapes():
    convolution = {"conv2d": {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same"}}
    layers = (convolution, {"max_pooling2d": {"padding": "same"}}, {"reshape": [-1]})
    nodes = compile_spec(network(*layers, input_shape=[9, 6, 1])).nodes
    assert nodes[0].layer.padding == ((1, 1), (0, 1))
    assert nodes[1].layer.padding == ((0, 1), (0, 1))
    assert nodes[1].layer.strides == (2, 2)
    assert nodes[2].layer.target_shape == (12,)
    assert [node.shape for node in nodes] == [(5, 3, 2), (3, 2, 2), (12,)]


@given(st.lists(st.sampled_from(["relu", "flatten", {"reshape": [-1, 1]}, {"reshape": [3, 2]}])))
def test_input_shapes_are_the_output_shapes_of_the_inputs(layers):
    nodes = compile_spec(network("relu", *layers, input_shape=6)).nodes
    for before, node in pairwise(nodes):
        assert node.inputs == (before.name,)
        assert node.input_shapes == (before.shape,)


def test_a_shape_mistake_points_at_the_layer(tmp_path):
    path = tmp_path / "spec.yaml"
    path.write_text("network:\n  input_shape: [4, 4, 1]\n  layers:\n    - relu\n    - reshape: 3\n")
    (problem,) = problems_of(load(path))
    assert problem.message == "(4, 4, 1) has 16 elements and cannot become (3)"
    assert (str(problem.where), problem.code) == (f"{path}:5:7", "shape")


# ---------------------------------------------------------------- data and network


def test_preprocessing_determines_the_input_shape():
    spec = build(
        {
            "data": {"source": "mnist", "inputs": ["flatten", {"divide": 255}]},
            "network": {"layers": ["relu"]},
        }
    )
    assert compile_spec(spec).input_shape == (784,)
    assert preprocessed_tensor_specs(spec) == (
        {"": TensorSpec((784,), FLOAT)},
        {"": TensorSpec((), "uint8")},
    )


def test_without_shape_and_data_the_input_shape_is_unknown():
    (problem,) = problems_of(build({"network": {"layers": ["relu"]}}))
    assert problem.message == "the network's input_shape is not known"


def test_network_and_data_must_agree_on_the_input():
    (problem,) = problems_of(network("relu", data={"source": ROWS}))
    assert problem.message == "the network takes (3) and the preprocessing gives (2)"


def test_a_preprocessing_step_that_does_not_fit_is_reported():
    (problem,) = problems_of(network("relu", data={"source": ROWS, "inputs": [{"reshape": [3]}]}))
    assert problem.message == "(2) has 2 elements and cannot become (3)"


SPARSE = "sparse_categorical_crossentropy"


@pytest.mark.parametrize(
    ("columns", "targets", "loss", "message"),
    [
        (3, [{"one_hot": 10}], "categorical_crossentropy",
         "the targets have 10 columns and the network ends in 3"),
        (3, [], "mean_squared_error", "the targets are () and the network ends in (3)"),
        (2, [{"one_hot": 2}], "sparse_categorical_crossentropy",
         f"{SPARSE} takes class numbers and the targets are rows of 2 columns, one-hot perhaps"),
        (1, [{"one_hot": 1}], "categorical_crossentropy",
         "categorical_crossentropy needs an output for each class and the network ends in one"),
        (1, [], SPARSE, f"{SPARSE} needs an output for each class and the network ends in one"),
        (3, [], "binary_crossentropy", "binary_crossentropy gets one target a row and 3 outputs"),
    ],
)  # fmt: skip
def test_the_loss_must_fit_the_output(columns, targets, loss, message):
    data = {"source": ROWS, "targets": targets}
    (problem,) = problems_of(network({"dense": columns}, input_shape=2, data=data, loss=loss))
    assert problem.message == message


def test_a_metric_must_fit_the_output():
    data = {"source": ROWS, "targets": [{"one_hot": 4}]}
    (problem,) = problems_of(network({"dense": 3}, input_shape=2, data=data, metrics=["accuracy"]))
    assert "accuracy gets targets that do not fit" in problem.message


def test_targets_that_fit_are_accepted():
    data = {"source": ROWS, "targets": [{"one_hot": 2}]}
    metrics = ["accuracy", "mean_squared_error"]
    spec = network(
        {"dense": 2}, input_shape=2, data=data, loss="categorical_crossentropy", metrics=metrics
    )
    assert compile_spec(spec).output_shape == (2,)
