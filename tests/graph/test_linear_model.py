"""Detection of linear models, and the problems that `least_squares` reports for others."""

import re

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.linear_model import linear_layer
from nnspec.options.validation import read_component
from nnspec.spec.loader import build, load
from tests.networks import graph_of


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ([{"dense": 2}], (3,)),
        ([{"dense": {"units": 1, "activation": "linear", "use_bias": False}}], (3,)),
        (["flatten", {"dense": 2}], (2, 3)),
        (["linear", {"reshape": 6}, {"dense": 4}, {"reshape": [2, 2]}, "linear"], (2, 3)),
    ],
)
def test_linear_models(layers, shape):
    layer = linear_layer(graph_of(layers, shape))
    assert layer.kind == "dense"


@pytest.mark.parametrize(
    "layers",
    [
        ["flatten"],
        [{"dense": 2}, {"dense": 1}],
        [{"dense": {"units": 1, "activation": "relu"}}],
        ["tanh", {"dense": 1}],
        [{"dropout": 0.5}, {"dense": 1}],
        ["batch_normalization", {"dense": 1}],
    ],
)
def test_networks_that_are_not_linear_models(layers):
    assert linear_layer(graph_of(layers, (3,))) is None


SPEC = """\
data:
  source: {synthetic: linear}
network:
  layers:
    - LAYER
loss: mean_squared_error
optimizer: least_squares
train: {batch_size: all}
"""


def error_of(folder, *overrides, layer="dense: 1"):
    path = folder / "s.yaml"
    path.write_text(SPEC.replace("LAYER", layer))
    with pytest.raises(SpecError) as caught:
        compile_spec(load(path, overrides))
    return str(caught.value)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ("dense: {units: 1, activation: tanh}", "5:7: error: least_squares fits one dense layer"),
        ("dense: {units: 1, activation: tanh}", "this network has dense.tanh too"),
        ("dense: {units: 1, kernel_regularizer: orthogonal}",
         "5:45: error: least_squares has no closed form with an orthogonal penalty"),
        ("dense: {units: 1, kernel_regularizer: l1}",
         "5:45: error: least_squares has no closed form with an l1 penalty"),
        ("dense: {units: 1, kernel_constraint: non_neg}",
         "5:44: error: least_squares has no closed form with a constraint"),
        ("dense: {units: 1, trainable: false}",
         "5:36: error: least_squares solves for all weights, frozen ones too"),
    ],
)  # fmt: skip
def test_a_network_without_a_closed_form_is_refused(tmp_path, layer, message):
    assert re.search(message, error_of(tmp_path, layer=layer))


def test_a_network_without_weights_is_refused(tmp_path):
    one_column = "data.source.synthetic={function: sine}"
    message = error_of(tmp_path, one_column, layer="linear")
    assert "7:12: error: least_squares fits one dense layer" in message
    assert "the network has none" in message


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("loss=binary_crossentropy", "line:1:6: error: least_squares makes a squared loss small"),
        ("train.epochs=2", "line:1:14: error: least_squares solves once; 2 epochs say nothing"),
        ("train.steps=3", "line:1:13: error: least_squares solves once; 3 steps say nothing"),
        (
            "train.steps_per_epoch=3",
            "line:1:23: error: least_squares solves once; 3 steps per epoch say nothing",
        ),
        ("train.time_budget=3", "line:1:19: error: least_squares solves once; there is nothing"),
        ("train.epochs=0", "line:1:14: error: least_squares solves once; 0 epochs say nothing"),
        ("train.batch_size=64", "7:12: error: least_squares takes all rows at once, not 64"),
    ],
)
def test_a_training_without_a_closed_form_is_refused(tmp_path, override, message):
    assert message in error_of(tmp_path, override)


def test_all_reasons_are_reported_at_once(tmp_path):
    overrides = ["loss=binary_crossentropy", "train.epochs=2", "train.batch_size=2"]
    message = error_of(tmp_path, *overrides, layer="dense: {units: 1, activation: relu}")
    assert message.count("error: least_squares") == 4


def test_an_l2_penalty_has_a_closed_form():
    layers = [{"dense": {"units": 1, "kernel_regularizer": "l2", "bias_regularizer": "l2"}}]
    values = {
        "network": {"input_shape": 2, "layers": layers}, "loss": "half_squared_error",
        "optimizer": "least_squares", "train": {"batch_size": "all"},
    }  # fmt: skip
    assert compile_spec(build(values)).output_shape == (1,)


@pytest.mark.parametrize("option", ["learning_rate", "weight_decay", "clipnorm", "momentum"])
def test_options_of_gradient_descent_are_refused(option):
    with pytest.raises(SpecError, match=f"least_squares has no option '{option}'"):
        read_component("optimizer", {"least_squares": {option: 0.1}})


SEVERAL = """\
network:
  inputs:
    a: {shape: [2]}
    b: {shape: [2]}
  layers:
    - dense: {name: one, inputs: a, units: 1}
    - dense: {name: two, inputs: b, units: 1}
  outputs: [one, two]
loss: {one: mean_squared_error, two: mean_squared_error}
optimizer: least_squares
train: {batch_size: all}
"""


def test_several_inputs_and_outputs_have_no_closed_form(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(SEVERAL)
    with pytest.raises(SpecError) as caught:
        compile_spec(load(path))
    found = str(caught.value)
    assert "s.yaml:3:5: error: least_squares fits a network with one of the inputs" in found
    assert "s.yaml:8:12: error: least_squares fits a network with one of the outputs" in found


def test_rows_of_several_axes_are_to_be_flattened():
    network = {"input_shape": [2, 3], "layers": [{"dense": 1}]}
    values = {"network": network, "loss": "mean_squared_error", "optimizer": "least_squares"}
    with pytest.raises(SpecError, match=r"rows of one axis, not \(2, 3\).*flatten them first"):
        compile_spec(build({**values, "train": {"batch_size": "all"}}))
    assert linear_layer(graph_of([{"dense": 1}], (2, 3))) is None


def test_a_loss_may_stand_under_the_name_of_its_output():
    network = {"input_shape": 2, "layers": [{"dense": 1}]}
    values = {"network": network, "optimizer": "least_squares", "train": {"batch_size": "all"}}
    compile_spec(build({**values, "loss": {"dense": "half_squared_error"}}))
    with pytest.raises(SpecError, match="least_squares makes a squared loss small"):
        compile_spec(build({**values, "loss": {"dense": "binary_crossentropy"}}))
