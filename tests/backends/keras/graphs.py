"""Networks that are no chain: agreement with the NumPy reference, and what the native model is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.contract import Program, TrainingSetup
from nnspec.components.metrics.base import Metric
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import NamedMetric, objectives
from nnspec.options.validation import read_component
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.spec.loader import build
from tests.backends.keras.agreement import Case, array_difference, weights_difference
from tests.backends.keras.cases import BACKEND, REFERENCE
from tests.networks import program_of

ROWS, BATCH_ROWS, UPDATES = 12, 5, 20


def _convolution(filters: int, strides: int = 1) -> list[Any]:
    options = {"filters": filters, "kernel_size": 3, "strides": strides, "padding": "same"}
    return [{"conv2d": {**options, "use_bias": False}}, "batch_normalization"]


RESNET = {
    "network": {
        "input_shape": [6, 7, 2],
        "layers": [
            *_convolution(3), "relu",
            {"residual": {"layers": [*_convolution(3), "relu", *_convolution(3)]}}, "relu",
            {"residual": {
                "layers": [*_convolution(4, 2), "relu", *_convolution(4)],
                "shortcut": [{"conv2d": {"filters": 4, "kernel_size": 1, "strides": 2}}],
            }},
            "relu", "global_average_pooling2d", {"dense": {"units": 3, "activation": "softmax"}},
        ],
    },
    "loss": "categorical_crossentropy",
    "metrics": ["accuracy"],
}  # fmt: skip
TWO_OUTPUTS = {
    "network": {
        "inputs": {
            "image": {"shape": [4, 4, 1]}, "words": {"shape": [3], "dtype": "int32"},
        },
        "layers": [
            {"sequential": {"name": "vision", "inputs": "image", "layers": [
                {"conv2d": {"filters": 2, "kernel_size": 2, "activation": "relu"}},
                {"max_pooling2d": 2}, "flatten",
            ]}},
            {"embedding": {"name": "tokens", "inputs": "words", "input_dim": 4, "output_dim": 3}},
            "flatten",
            {"concatenate": {"name": "both", "inputs": ["vision", "flatten"]}},
            {"dropout": 0.2},
            {"dense": {"name": "trunk", "units": 5, "activation": "gelu",
                       "kernel_regularizer": {"l2": 0.01}}},
            {"dense": {"name": "price", "units": 1}},
            {"dense": {"name": "kind", "units": 3, "activation": "softmax", "inputs": "trunk"}},
        ],
        "outputs": ["price", "kind"],
    },
    "loss": {"price": "mean_squared_error", "kind": "sparse_categorical_crossentropy"},
    "loss_weights": {"price": 0.3},
    "metrics": {"price": ["half_squared_error"], "kind": ["accuracy"]},
}  # fmt: skip
SIAMESE = {
    "network": {
        "inputs": {"first": {"shape": [5]}, "second": {"shape": [5]}},
        "layers": [
            {"sequential": {"name": "encoder", "inputs": "first", "layers": [
                {"dense": {"units": 4, "activation": "tanh", "kernel_regularizer": {"l2": 0.1}}},
                {"dropout": 0.3}, "batch_normalization", {"dense": 3},
            ]}},
            {"shared": {"name": "again", "layer": "encoder", "inputs": "second"}},
            {"dot": {"inputs": ["encoder", "again"], "normalize": True}},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
GATES = {
    "network": {
        "input_shape": [4],
        "layers": [
            {"dense": {"name": "gate", "units": 3, "activation": "sigmoid"}},
            {"dense": {"name": "candidate", "units": 3, "activation": "tanh", "inputs": "input"}},
            {"multiply": {"name": "open", "inputs": ["gate", "candidate"]}},
            {"dense": {"name": "bypass", "units": 3, "inputs": "input"}},
            {"add": {"inputs": ["open", "bypass"]}}, "silu", "layer_normalization", {"dense": 2},
        ],
    },
    "loss": "half_squared_error",
}  # fmt: skip
THREE_READERS = {
    "network": {
        "input_shape": [4],
        "layers": [
            {"dense": {"name": "trunk", "units": 3}},
            {"relu": {"name": "left"}},
            {"dense": {"name": "middle", "units": 3, "activation": "tanh", "inputs": "trunk"}},
            {"dense": {"name": "rewired", "units": 3, "inputs": "input"}},
            {"maximum": {"name": "most", "inputs": ["trunk", "left", "middle", "rewired"]}},
            {"average": {"inputs": ["most", "trunk", "trunk"]}},
            {"subtract": {"inputs": ["average", "middle"]}},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
SHARED_STATISTICS = {
    "network": {
        "inputs": {"large": {"shape": [7, 6, 2]}, "small": {"shape": [4, 3, 2]}},
        "layers": [
            {"conv2d": {"name": "deep", "filters": 2, "kernel_size": 1, "inputs": "small"}},
            {"conv2d": {"filters": 2, "kernel_size": 1}},
            {"conv2d": {"name": "conv", "filters": 3, "kernel_size": 3, "strides": 2,
                        "padding": "same", "use_bias": False}},
            {"batch_normalization": {"name": "norm", "momentum": 0.6}},
            {"global_max_pooling2d": {"name": "a"}},
            {"shared": {"name": "conv_again", "layer": "conv", "inputs": "large"}},
            {"shared": {"name": "norm_again", "layer": "norm", "inputs": "conv_again"}},
            {"global_max_pooling2d": {"name": "b"}},
            {"concatenate": {"inputs": ["a", "b"]}}, {"dense": 2},
        ],
    },
    "loss": "mean_squared_error",
}  # fmt: skip
NETWORKS: dict[str, Any] = {
    "resnet": RESNET,
    "two inputs and two outputs": TWO_OUTPUTS,
    "siamese": SIAMESE,
    "gates": GATES,
    "three readers": THREE_READERS,
    "shared statistics": SHARED_STATISTICS,
}
ADAM = {"adam": 0.01}


class Network:
    """A compiled network with a training setup and random rows."""

    def __init__(self, document: Any, optimizer: Any = ADAM) -> None:
        spec: Spec = build(document)
        self.graph: Graph = compile_spec(spec)
        made = objectives(spec, self.graph)
        self.setup = TrainingSetup(made, read_component("optimizer", optimizer))
        draw = np.random.default_rng(3)
        self.inputs = {
            name: draw.normal(size=(ROWS, *each.shape))
            if each.is_float
            else draw.integers(0, 4, (ROWS, *each.shape))
            for name, each in self.graph.inputs.items()
        }
        self.targets = {o.output: self._target(o.output, o.loss, draw) for o in made}
        self.batches = [(np.arange(BATCH_ROWS) + 3 * i) % ROWS for i in range(UPDATES)]

    def _target(self, output: str, loss: Any, draw: np.random.Generator) -> np.ndarray:
        shape = self.graph.specs[self.graph.outputs[output]].shape
        if "crossentropy" not in loss.kind:
            return draw.normal(size=(ROWS, *shape))
        classes = draw.integers(0, shape[-1], ROWS)
        return classes if loss.sparse else np.eye(shape[-1])[classes]

    def program(self, backend: str, precision: str = "float64") -> Program:
        return program_of(self.graph, self.setup, backend, precision)

    def trained(self, backend: str, precision: str = "float64", rates: Any = None) -> Any:
        """A program after the updates, and the metrics of the updates."""
        program = self.program(backend, precision)
        device_rows = program.upload(self.inputs, self.targets)
        return program, program.train(device_rows, self.batches, rates)


def graphs() -> Iterator[Case]:
    """Losses, weights and outputs after updates, and the metrics of an evaluation."""
    for name, document in NETWORKS.items():
        yield name, partial(trained_difference, document)


def trained_difference(document: Any) -> dict[str, float]:
    network = Network(document)
    (expected, sums), (found, found_sums) = (
        network.trained(backend) for backend in (REFERENCE, BACKEND)
    )
    evaluated = [
        p.evaluate(p.upload(network.inputs, network.targets), network.batches[:2]).sums
        for p in (expected, found)
    ]
    outputs = [p.predict_outputs(network.inputs) for p in (expected, found)]
    return {
        "sums": max(weights_difference(sums.sums, found_sums.sums), weights_difference(*evaluated)),
        "weights": weights_difference(expected.weights(), found.weights()),
        "outputs": weights_difference(*outputs),
    }


def exact_graphs() -> Iterator[Case]:
    """Whether all weights are equal to the last bit after updates in `exact` precision."""
    for name, document in NETWORKS.items():
        yield name, partial(same_hash, document)


def same_hash(document: Any) -> bool:
    network = Network(document)
    programs = [network.trained(backend, "exact")[0] for backend in (REFERENCE, BACKEND)]
    return len({weights_sha256(program.weights()) for program in programs}) == 1


class Spread(Metric, kind="test_spread"):
    """Largest minus smallest prediction plus target: it has a state, and is no mean over rows."""

    def update(self, predictions: Any, targets: Any) -> Any:
        values = predictions.reshape(len(targets), -1).sum(1) + targets.reshape(len(targets))
        return float(values.min()), float(values.max())

    def merge(self, first: Any, second: Any) -> Any:
        return min(first[0], second[0]), max(first[1], second[1])

    def result(self, state: Any) -> float:
        return float(state[1] - state[0])


def host() -> Iterator[Case]:
    yield "metrics with a state", metrics_with_a_state
    yield "given rates", given_rates


def metrics_with_a_state() -> float:
    """Metrics of batches of two sizes, in training and evaluation."""
    network = Network(TWO_OUTPUTS)
    price, kind = network.setup.objectives
    more = (NamedMetric("price_spread", Spread()), *price.metrics)
    made = (price._replace(metrics=more), kind)
    network.setup = network.setup._replace(objectives=made)
    results = []
    for backend in (REFERENCE, BACKEND):
        program = network.program(backend)
        device_rows = program.upload(network.inputs, network.targets)
        batches = [*network.batches[:3], np.arange(2)]
        seen = [run(device_rows, batches).results for run in (program.train, program.evaluate)]
        assert all("price_spread" in each and "price_loss" in each for each in seen)
        results.append(np.array([value for each in seen for _, value in sorted(each.items())]))
    return array_difference(*results)


def given_rates() -> float:
    network = Network(GATES)
    rates = [0.01 / (1 + step) for step in range(UPDATES)]
    programs = [network.trained(backend, rates=rates)[0] for backend in (REFERENCE, BACKEND)]
    return weights_difference(*(program.weights() for program in programs))


def native_graphs() -> Iterator[Case]:
    yield "several inputs and outputs", several_inputs_and_outputs
    yield "one layer for two uses", one_layer_for_two_uses
    yield "trained by Keras", trained_by_keras


def several_inputs_and_outputs() -> bool:
    """The native model takes and gives dicts by name; its layers are named by group."""
    import keras

    network = Network(TWO_OUTPUTS)
    program = network.program(BACKEND, "float32")
    model, inputs = program.native, network.inputs
    given = {"image": inputs["image"].astype("float32"), "words": inputs["words"].astype("int32")}
    predicted, own = model.predict(given, verbose=0), program.predict_outputs(inputs)
    names = [layer.name for layer in model.layers]
    assert isinstance(model, keras.Model)
    assert set(predicted) == set(own) == {"price", "kind"}
    assert {"vision>conv2d", "vision>conv2d>relu", "tokens", "image", "words"} <= set(names)
    return max(array_difference(own[name], predicted[name]) for name in own) < 1e-6


def one_layer_for_two_uses() -> bool:
    model = Network(SIAMESE).program(BACKEND).native
    dense = [layer for layer in model.layers if layer.name == "encoder>dense"]
    return len(dense) == 1 and len(dense[0]._inbound_nodes) == 2 and len(model.weights) == 8


def trained_by_keras() -> bool:
    """Keras' own `fit` trains the native model."""
    network = Network(TWO_OUTPUTS)
    program = network.program(BACKEND, "float32")
    model = program.native
    losses = {"price": "mse", "kind": "sparse_categorical_crossentropy"}
    model.compile("sgd", loss=losses)
    before = program.weights()
    model.fit(network.inputs, network.targets, verbose=0, batch_size=ROWS)
    return all(np.any(before[name] != array) for name, array in program.weights().items())
