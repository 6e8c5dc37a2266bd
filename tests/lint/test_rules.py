"""Lint rules: each has a spec with its advice and one without, and its reason is verified."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends import conformance
from nnspec.backends.contract import TrainingSetup
from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.objectives import objectives
from nnspec.lint.rules import ADVICE, RULES, advise
from nnspec.options import registry
from nnspec.spec.advice import REASONS
from nnspec.spec.loader import build, load
from nnspec.training.data_advice import DATA_RULES
from nnspec.training.leaks.rules import LEAK_RULES
from nnspec.training.monitoring import constant_loss, initial_loss, rising_loss
from nnspec.training.preparation_advice import CONSTANT
from tests import paths
from tests.layer_examples import EXAMPLES, IDS, network

GALLERY = sorted(paths.SPECS.glob("*.yaml"))


def spec_of(*layers, inputs=((0.0, 1.0), (1.0, 0.5)), steps=(), **sections):
    """A spec without advice, except for what the arguments change."""
    rows = {"inputs": list(map(list, inputs)), "targets": [0] * len(inputs)}
    values = {
        "data": {"source": {"rows": rows}, "inputs": list(steps)},
        "network": {"layers": list(layers) or [hidden(), OUT]},
        "loss": "binary_crossentropy",
        "optimizer": "sgd",
    }
    return build(values | sections)


def hidden(units=4, activation="relu", **options):
    return {"dense": {"units": units, "activation": activation, **options}}


def start(initializer, units=4, activation="relu"):
    return hidden(units, activation, kernel_initializer=initializer)


def mnist(*steps):
    return {"source": "mnist", "inputs": ["flatten", {"cast": "float32"}, *steps]}


def several(metric, units=4, **sections):
    """A spec that is a yes or no for each of some outputs, for data that it does not hold."""
    network = {"input_shape": 2, "layers": [hidden(units, "sigmoid")]}
    loss = {"loss": "binary_crossentropy", "metrics": [metric]}
    return build(
        {"network": network if not sections else {"layers": network["layers"]}} | loss | sections
    )


OUT = {"dense": {"units": 1, "activation": "sigmoid"}}
FROZEN = {"trainable": False}
PLAIN, LINEAR_OUT, MSE = {"dense": 4}, {"dense": 1}, "mean_squared_error"
BIG, EVEN = ((5_000_000, 8), (1, 24)), ((0, 8), (0, 9))
LOGITS = {"binary_crossentropy": {"from_logits": True}}
CLASSES, TWO = "sparse_categorical_crossentropy", hidden(2, "softmax")
ONE_HOT = {"targets": [{"one_hot": 4}]}
ONE_HOT_LOSS = {
    "loss": "categorical_crossentropy",
    "data": {"source": {"rows": {"inputs": [[0, 1]], "targets": [[0, 1]]}}},
}
LAST_ONES = start("ones", 1, "sigmoid")
UNSHUFFLED = {"shuffle": False, "batch_size": 1}
LATER = {"initial_learning_rate": 2, "decay_steps": 1, "decay_rate": 0.5}
DECAY = {"learning_rate": {"exponential_decay": LATER}}

IMAGE = np.linspace(0, 1, 100).reshape(2, 2, 5, 5).tolist()  # two rows, channels in front
CONVOLUTION = {"conv2d": {"filters": 2, "kernel_size": 3, "padding": "same"}}


def images(*layers, channels=1):
    """A network that reads images with the channels in front."""
    network = {"input_shape": [channels, 28, 28], "layers": list(layers)}
    return build({"network": network})


# code, a spec that gets the advice, a similar one that does not
CASES = [
    ("zero-start", spec_of(start("zeros"), OUT), spec_of(start("zeros", 1, "sigmoid"))),
    ("zero-start", spec_of(start({"constant": 0}), OUT), spec_of(start("he_normal"), OUT)),
    ("zero-start", spec_of(start({"values": [[0] * 4] * 2}), OUT),
     spec_of(start({"values": [[0, 0, 0, 1]] * 2}), OUT)),
    ("equal-start", spec_of(start({"values": [[2] * 4] * 2}), OUT),
     spec_of(start({"values": [[2, 2, 2, 1]] * 2}), OUT)),
    ("equal-start", spec_of(start({"values": [[1] * 4, [2] * 4]}), OUT),
     spec_of(start({"values": [[1, 2, 1, 2]] * 2}), OUT)),
    ("equal-start", spec_of(start("ones"), OUT), spec_of(start("ones", units=1), OUT)),
    ("equal-start", spec_of(start({"constant": 1}), OUT), spec_of(start("ones", 1), LAST_ONES)),
    ("unscaled-inputs", spec_of(inputs=BIG), spec_of(inputs=BIG, steps=["standardize"])),
    ("unscaled-inputs", spec_of(inputs=BIG, steps=[{"divide": 9}]), spec_of(inputs=EVEN)),
    ("unscaled-inputs", spec_of(inputs=BIG), spec_of("batch_normalization", OUT, inputs=BIG)),
    ("unscaled-inputs", spec_of(inputs=BIG, loss=MSE), spec_of(
        LINEAR_OUT, inputs=BIG, loss=MSE, optimizer="least_squares", train={"batch_size": "all"})),
    ("unscaled-inputs", spec_of(data=mnist()), spec_of(data=mnist({"divide": 255}))),
    ("linear-hidden", spec_of(PLAIN, OUT), spec_of(LINEAR_OUT)),
    ("linear-hidden", spec_of(PLAIN, {"dropout": 0.5}, OUT), spec_of(PLAIN, "relu", OUT)),
    ("linear-hidden", spec_of(hidden(4), {"dense": 3}, {"dense": 2}, OUT),  # 3 of 4, then 2
     spec_of(hidden(4), {"dense": 2}, hidden(3, activation="relu"), OUT)),
    ("linear-hidden", spec_of({"reshape": [1, 2]}, {"conv1d": {"filters": 2, "kernel_size": 1}},
                              "flatten", OUT),
     spec_of({"reshape": [1, 2]}, {"depthwise_conv1d": {"kernel_size": 1}}, "flatten", OUT)),
    ("bias-before-normalization", spec_of(PLAIN, "batch_normalization", "relu", OUT),
     spec_of({"dense": {"units": 4, "use_bias": False}}, "batch_normalization", "relu", OUT)),
    ("bias-before-normalization", spec_of(PLAIN, "batch_normalization", "relu", OUT),
     spec_of(hidden(activation="relu"), "batch_normalization", OUT)),
    ("bias-before-normalization",
     spec_of({"reshape": [1, -1]}, PLAIN, "batch_normalization", "relu", "flatten", OUT),
     spec_of({"reshape": [1, -1]}, PLAIN, {"batch_normalization": {"axis": 1}}, "relu", "flatten",
             OUT)),
    ("unset-normalization", spec_of("normalization", OUT),
     spec_of({"normalization": {"mean": 1.0, "variance": 2.0}}, OUT)),
    ("bias-before-normalization", spec_of(PLAIN, "batch_normalization", "relu", OUT),
     spec_of(PLAIN, {"batch_normalization": {"trainable": False}}, "relu", OUT)),
    ("nothing-trained", spec_of(hidden(trainable=False), {"dense": {**OUT["dense"], **FROZEN}}),
     spec_of(hidden(trainable=False), OUT)),
    ("heaviside", spec_of(hidden(activation="heaviside"), OUT), spec_of("heaviside", OUT)),
    ("heaviside", spec_of(PLAIN, "heaviside", OUT), build(
        {"network": {"input_shape": 2, "layers": [PLAIN, "heaviside", OUT]}})),
    ("squared-loss", spec_of(OUT, loss=MSE), spec_of(LINEAR_OUT, loss=MSE)),
    ("learning-rate", spec_of(optimizer={"sgd": 1.5}), spec_of(optimizer={"sgd": 0.5})),
    ("learning-rate", spec_of(optimizer={"adam": DECAY}), spec_of(optimizer="adam")),
    ("learning-rate", spec_of(optimizer={"adadelta": 1.5}), spec_of(optimizer={"adadelta": 1.0})),
    ("vanishing-gradient", spec_of(*[hidden(activation="tanh")] * 4, OUT),
     spec_of(*[hidden(activation="tanh")] * 3, OUT)),
    ("output-activation", spec_of(LINEAR_OUT), spec_of(OUT)),
    ("output-activation", spec_of(hidden(2, "sigmoid"), loss=CLASSES), spec_of(OUT, "flatten")),
    ("output-activation", spec_of(hidden(2), loss=CLASSES), spec_of(TWO, loss=CLASSES)),
    ("from-logits", spec_of(OUT, loss=LOGITS), spec_of(LINEAR_OUT, loss=LOGITS)),
    ("from-logits", spec_of(hidden(1, "relu"), loss=LOGITS), spec_of(OUT)),
    ("from-logits", spec_of(TWO, loss={CLASSES: {"from_logits": True}}),
     spec_of(hidden(2, "log_softmax"), loss={CLASSES: {"from_logits": True}})),
    ("loss-domain", spec_of(LINEAR_OUT, loss="poisson"),
     spec_of(hidden(1, "relu"), loss="poisson")),
    ("loss-domain", spec_of(LINEAR_OUT, loss=MSE, metrics=["mean_squared_logarithmic_error"]),
     spec_of(OUT, loss="mean_squared_logarithmic_error")),
    ("logit-threshold", spec_of(LINEAR_OUT, loss=LOGITS, metrics=["accuracy"]),
     spec_of(LINEAR_OUT, loss=LOGITS, metrics=[{"binary_accuracy": 0}, "auc", "hinge"])),
    ("logit-threshold", spec_of(LINEAR_OUT, loss="hinge", metrics=["f1_score"]),
     spec_of(LINEAR_OUT, loss="hinge", metrics=[{"f1_score": {"threshold": 0}}])),
    ("single-softmax", spec_of(hidden(1, "softmax")), spec_of(hidden(2, "softmax"), OUT)),
    ("activation-twice", spec_of(OUT, "sigmoid"), spec_of(hidden(), OUT)),
    ("activation-twice", spec_of(TWO, "flatten", {"dropout": 0.1}, {"activation": "softmax"},
                                 loss=CLASSES), spec_of(TWO, "flatten", loss=CLASSES)),
    ("activation-twice", spec_of(hidden(2), "softmax", loss=CLASSES),
     spec_of(hidden(2), PLAIN, "softmax", loss=CLASSES)),
    ("activation-twice", spec_of(hidden(), "tanh", OUT), spec_of(hidden(), "relu", OUT)),
    ("output-activation", spec_of(LINEAR_OUT, loss=MSE, metrics=["binary_crossentropy"]),
     spec_of(OUT, metrics=["binary_crossentropy"])),
    ("accuracy-of-each-output", spec_of(TWO, **ONE_HOT_LOSS, metrics=["binary_accuracy"]),
     spec_of(TWO, **ONE_HOT_LOSS, metrics=["accuracy"])),
    ("activation-twice", spec_of(hidden(), {"sigmoid": {"name": "gate"}}, OUT), spec_of(
        hidden(name="a"),
        {"sigmoid": {"name": "gate", "inputs": "a"}},
        {"multiply": {"inputs": ["a", "gate"]}}, OUT)),
    ("accuracy-of-several", several("accuracy"), several("binary_accuracy")),
    ("accuracy-of-several", several("accuracy"), several("accuracy", data=mnist() | ONE_HOT)),
    ("accuracy-of-several", several("accuracy"), several("accuracy", units=1)),
    ("channels-first", images("relu", CONVOLUTION), images({"permute": [2, 3, 1]}, CONVOLUTION)),
    ("channels-first", images("batch_normalization", channels=3), images("layer_normalization")),
    ("channels-first", images("max_pooling2d", channels=4), images("max_pooling2d", channels=5)),
    ("channels-first", images("global_average_pooling2d"), images("flatten", OUT)),
    ("channels-first", images("max_pooling2d", channels=2), images("max_pooling2d", channels=5)),
    ("channels-first", images({"reshape": [28, 28, 3]}, "relu", channels=3),
     images({"reshape": [28, 28, 1]}, "relu")),
    ("channels-first", images("relu", "flatten", {"reshape": [28, 28, 3]}, channels=3),
     images("flatten", OUT, {"reshape": [1]}, channels=3)),
    ("channels-first", spec_of({"reshape": [5, 5, 2]}, "flatten", OUT, inputs=IMAGE),
     spec_of("flatten", OUT, inputs=IMAGE)),
    ("channels-first",
     spec_of("flatten", OUT, inputs=IMAGE, steps=["flatten", {"reshape": [5, 5, 2]}]),
     spec_of(inputs=IMAGE, steps=["flatten"])),
    ("pixel-positions", spec_of(data=mnist()), spec_of()),
    ("pixel-positions", spec_of("flatten", OUT, inputs=np.zeros((2, 3, 3)).tolist()), spec_of(
        {"reshape": [3, 3, 1]}, {"conv2d": {"filters": 1, "kernel_size": 2}}, "flatten", OUT,
        inputs=np.zeros((2, 9)).tolist())),
    ("no-shuffle", spec_of(train=UNSHUFFLED), spec_of(train={"shuffle": False})),
    ("beyond-float32", spec_of(optimizer={"adam": {"epsilon": 1e-60}}), spec_of(optimizer="adam")),
    ("beyond-float32", spec_of(hidden(kernel_regularizer={"l2": 1e39}), OUT), spec_of(OUT)),
    ("beyond-float32", spec_of(optimizer={"sgd": {"clipnorm": 1e39}}),
     spec_of(optimizer={"sgd": {"clipnorm": 1e38}})),
    ("no-shuffle", spec_of(train=UNSHUFFLED), spec_of(train=UNSHUFFLED | {"batch_size": "all"})),
]  # fmt: skip


def codes(spec):
    return [problem.code for problem in advice(spec)]


def advice(spec):
    return advise(spec, compile_spec(spec))


@pytest.mark.parametrize(("code", "bad", "good"), CASES)
def test_each_rule_finds_the_bad_spec_and_not_the_good_one(code, bad, good):
    assert code in codes(bad)
    assert code not in codes(good)
    assert code not in codes(bad.replace(silence=(code,)))


def test_a_good_spec_gets_no_advice():
    assert codes(spec_of()) == []


def test_every_rule_has_a_reason_and_a_case():
    in_training = {initial_loss.CODE, rising_loss.CODE, constant_loss.CODE}
    assert {*RULES, *DATA_RULES, *LEAK_RULES, CONSTANT, *in_training} == set(REASONS)
    assert {code for code, *_ in CASES} == set(RULES) - {"incomplete-test", "unused-variable"}


def test_a_variable_of_the_file_itself_that_nothing_reads(tmp_path):
    network = 'network: {input_shape: 3, layers: [{dense: "${width}"}]}\n'
    (tmp_path / "base.yaml").write_text("vars: {width: 2, widht: 4}\n" + network)
    (tmp_path / "a.yaml").write_text("extends: base.yaml\nvars: {wdith: 3, width: 3}\n")
    (found,) = advice(load(tmp_path / "base.yaml"))
    assert (found.code, found.message) == ("unused-variable", "nothing reads the variable 'widht'")
    assert (found.where.line, found.where.column) == (0, 17)
    assert ["wdith" in one.message for one in advice(load(tmp_path / "a.yaml"))] == [True]


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ({"x_test": [[1.0]]}, "y_test beside x_test"),
        ({"y_test": [1]}, "x_test beside y_test"),
        ({}, ""),
        ({"x_test": [[1.0]], "y_test": [1]}, ""),
    ],
)
def test_test_rows_need_inputs_and_targets(tmp_path, test, message):
    np.savez(tmp_path / "data.npz", x_train=np.eye(2), y_train=np.array([0, 1]), **test)
    data = {"source": {"npz": str(tmp_path / "data.npz")}, "inputs": ["standardize"]}
    found = [one.message for one in advice(spec_of(data=data)) if one.code == "incomplete-test"]
    assert found == ([f"the source lacks {message}: there are no test rows"] if message else [])


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=IDS)
def test_rules_accept_any_layer(cls, example):
    section = network(cls, example)
    section["layers"] += ["flatten", PLAIN]
    spec = build({"network": section, "loss": "mean_squared_error", "optimizer": "sgd"})
    assert set(codes(spec)) <= set(REASONS)


@pytest.mark.parametrize("last", ["linear", "sigmoid", "softmax"])
@pytest.mark.parametrize("loss", registry.kinds("loss"))
def test_rules_accept_any_loss(loss, last):
    layers = [{"dense": {"units": 3, "activation": last}}]
    section = {"input_shape": [4], "layers": layers}
    spec = build({"network": section, "loss": loss, "optimizer": "sgd"})
    assert set(codes(spec)) <= set(REASONS)


def test_an_extending_spec_can_silence_advice(tmp_path):
    fast = "network: {input_shape: 3, layers: [{dense: 1}]}\noptimizer: {sgd: 3}\n"
    (tmp_path / "base.yaml").write_text(fast)
    (tmp_path / "a.yaml").write_text("extends: base.yaml\nsilence: [learning-rate]\n")
    assert codes(load(tmp_path / "base.yaml")) == ["learning-rate"]
    assert codes(load(tmp_path / "a.yaml")) == []


def test_advice_has_severity_message_and_reason():
    (found,) = advice(spec_of(start("zeros"), OUT))
    assert (found.severity, found.message) == (ADVICE, "the kernel of dense starts at 0")
    assert found.hint == REASONS["zero-start"]


@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_the_gallery_gets_no_advice(path):
    assert codes(load(path)) == []


def test_advice_has_the_place_in_the_file(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "network:\n  input_shape: 3\n  layers:\n    - dense: 4\n    - dense: 1\n"
        "loss: binary_crossentropy\noptimizer: {sgd: 3}\n"
    )
    found = advice(load(tmp_path / "a.yaml"))
    assert [(p.code, p.where.line, p.where.column) for p in found] == [
        ("linear-hidden", 3, 6),
        ("output-activation", 5, 6),
        ("learning-rate", 6, 17),
    ]


def test_rendered_advice_starts_with_its_severity():
    (found,) = advice(spec_of(optimizer={"sgd": 2}))
    assert found.render().startswith("advice: the learning rate reaches 2 [learning-rate]")


@pytest.mark.parametrize("wrong", [["zerostart"], ["zero-start", 3], "zero-start"])
def test_an_unknown_code_is_an_error(wrong):
    with pytest.raises(SpecError) as caught:
        spec_of(silence=wrong)
    assert len(caught.value.problems) == 1


def test_an_unknown_code_gets_a_suggestion():
    with pytest.raises(SpecError, match="did you mean 'zero-start'"):
        spec_of(silence=["zerostart"])


# ---------------------------------------------------------------- graphs

NORMAL, SQUASHED = "batch_normalization", hidden(4, "tanh")
CONV = {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}}
RESIDUAL = {"residual": [CONV, NORMAL, "relu", CONV, NORMAL]}
PROJECTED = {"residual": {"layers": [CONV, NORMAL, "relu", CONV, NORMAL], "shortcut": [CONV]}}
PRE_ACTIVATED = {"residual": [NORMAL, "relu", CONV, NORMAL, "relu", CONV]}
FEED_FORWARD = {"residual": ["layer_normalization", hidden(8), {"dense": 4}]}
CATEGORIES = {"loss": "categorical_crossentropy", "optimizer": "adam"}


def graph_spec(*layers, shape=(8, 8, 4), **sections):
    return build({"network": {"input_shape": list(shape), "layers": list(layers)}, **sections})


@pytest.mark.parametrize(
    "layers",
    [
        [CONV, NORMAL, "relu", RESIDUAL, "relu", PROJECTED, "relu", RESIDUAL, "relu"],
        [CONV, PRE_ACTIVATED, PRE_ACTIVATED, NORMAL, "relu"],
        [CONV, "relu", *[FEED_FORWARD] * 5],
        [{"branches": [[CONV, "relu"], [CONV, NORMAL, "relu"]]}],
    ],
    ids=["residual", "pre-activated", "feed-forward", "branches"],
)
def test_residual_networks_get_no_advice(layers):
    end = ["global_average_pooling2d", {"dense": {"units": 3, "activation": "softmax"}}]
    assert codes(graph_spec(*layers, *end, **CATEGORIES)) == []


def test_a_layer_that_a_sum_with_another_value_follows_is_no_superfluous_one():
    linear = {"residual": [PLAIN]}  # (W + 1) x: one matrix
    assert codes(graph_spec(linear, OUT, shape=(4,))) == ["linear-hidden"]
    assert codes(graph_spec({"residual": [hidden(), PLAIN]}, OUT, shape=(4,))) == []


def test_a_residual_block_may_end_in_zeros():
    zero = {"dense": {"units": 4, "kernel_initializer": "zeros", "use_bias": False}}
    sections = {"loss": "binary_crossentropy", "optimizer": "sgd"}
    block = {"residual": [hidden(), zero, NORMAL]}
    assert codes(graph_spec(block, OUT, shape=(4,), **sections)) == []
    chain = [hidden(), start("zeros"), OUT]
    assert codes(graph_spec(*chain, shape=(4,), **sections)) == ["zero-start"]


def test_a_way_around_saturating_activations_keeps_the_gradient():
    sections = {"loss": "binary_crossentropy", "optimizer": "sgd"}
    chain, around = [SQUASHED] * 4, [{"residual": [SQUASHED]}] * 4
    assert codes(graph_spec(*chain, OUT, shape=(4,), **sections)) == ["vanishing-gradient"]
    assert codes(graph_spec(*around, OUT, shape=(4,), **sections)) == []


def test_findings_in_groups_have_their_place(tmp_path):
    (tmp_path / "a.yaml").write_text(
        "network:\n  input_shape: 4\n  layers:\n"
        "    - sequential: [dense: 4, dense: 4, relu]\n"
        "    - branches: [[{dense: {units: 4, activation: heaviside}}], [relu]]\n"
        "    - dense: 1\n"
        "loss: mean_squared_error\noptimizer: sgd\n"
    )
    found = advice(load(tmp_path / "a.yaml"))
    assert [(p.code, p.where.line, p.where.column) for p in found] == [
        ("linear-hidden", 3, 19),
        ("heaviside", 4, 49),
    ]


def test_what_is_said_of_a_layer_is_not_said_of_the_layers_that_share_it():
    encoder = {"sequential": {"name": "encoder", "inputs": "a", "layers": [start("zeros"), OUT]}}
    layers = [encoder, {"shared": {"layer": "encoder", "inputs": "b", "name": "twin"}}]
    network = {
        "inputs": {"a": {"shape": [4]}, "b": {"shape": [4]}},
        "layers": [*layers, {"add": {"inputs": ["encoder", "twin"]}}],
    }
    spec = build({"network": network, "optimizer": "sgd", "loss": MSE})
    assert [problem.message for problem in advice(spec)] == [
        "the kernel of encoder.dense starts at 0"
    ]


TWO_OUTPUTS = """
network:
  input_shape: 4
  layers:
    - dense: {name: trunk, units: 8, activation: relu}
    - dense: {name: price, units: 1, activation: sigmoid}
    - dense: {name: kind, units: 3, inputs: trunk}
  outputs: [price, kind]
optimizer: sgd
loss:
  price: mean_squared_error
  kind: categorical_crossentropy
"""


def test_each_output_has_its_loss(tmp_path):
    (tmp_path / "a.yaml").write_text(TWO_OUTPUTS)
    found = advice(load(tmp_path / "a.yaml"))
    assert [(p.code, p.message, p.where.line) for p in found] == [
        (
            "squared-loss",
            "the output price ends in sigmoid, and the loss is a squared error",
            10,
        ),
        (
            "output-activation",
            "the output kind ends in linear, and categorical_crossentropy goes with softmax",
            11,
        ),
    ]


def test_a_step_function_that_no_loss_depends_on_is_fine():
    layers = [{"dense": {"units": 1, "name": "score"}}, {"heaviside": {"name": "decision"}}]
    values = {
        "network": {"input_shape": 4, "layers": layers, "outputs": ["score", "decision"]},
        "optimizer": "sgd",
        "loss": {"score": MSE},
    }
    assert codes(build(values)) == []
    assert codes(build(values | {"loss": {"decision": MSE}})) == ["heaviside"]


def test_flattened_vectors_of_words_are_no_pixels():
    words = {"words": {"shape": [5], "dtype": "int32"}}
    layers = [{"embedding": {"input_dim": 9, "output_dim": 3}}, "flatten", OUT]
    assert codes(build({"network": {"inputs": words, "layers": layers}})) == []


# ---------------------------------------------------------------- reasons


def gradients(*layers, loss="half_squared_error"):
    """The gradient of each initial weight, on some rows."""
    network = {"input_shape": 3, "layers": list(layers)}
    spec = build({"network": network, "loss": loss, "optimizer": "sgd"})
    graph = compile_spec(spec)
    setup = TrainingSetup(objectives(spec, graph), spec.optimizer)
    program = conformance.program_of(graph, setup, "numpy:reference")
    rows = np.linspace(-1, 2, 12).reshape(4, 3)
    targets = np.ones((4, *graph.output_shape))
    return program.gradients(program.upload(rows, targets), np.arange(4))


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_with_zero_kernels_only_the_last_bias_has_a_gradient(activation):
    last = {"dense": {"units": 1, "kernel_initializer": "zeros"}}
    found = gradients(start("zeros", 4, activation), last)
    assert [name for name, gradient in found.items() if gradient.any()] == ["dense_1/bias"]


def test_equal_neurons_get_equal_gradients():
    kernel = gradients(start("ones"), start("ones", 1))["dense/kernel"]
    assert kernel.any()
    assert (kernel == kernel[:, :1]).all()


def test_weights_before_a_step_function_have_zero_gradient():
    found = gradients(hidden(activation="heaviside"), {"dense": 1})
    assert not found["dense/kernel"].any()
    assert found["dense_1/bias"].any()


def test_a_single_softmax_output_has_zero_gradient():
    found = gradients(hidden(1, "softmax"), loss="categorical_crossentropy")
    assert not any(gradient.any() for gradient in found.values())
