"""Keras models of a graph for prediction, training and evaluation, with shared layers."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import keras

from nnspec.backends.contract import TrainingSetup, split_fused_activation
from nnspec.backends.keras import registry
from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.base import Noise
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu


class NoiseInput(NamedTuple):
    """Noise of a node, and the training model's input for it."""

    noise: Noise
    input: Tensor


class GraphModels:
    """Keras models of a graph that share their layers.

    `native` predicts from rows. `training_model` takes rows and the noise of each noise layer,
    `evaluation_model` only rows; both end before `fused_activation`, which the loss computes.
    """

    def __init__(self, graph: Graph, setup: TrainingSetup | None, numerics: Numerics) -> None:
        self.graph, self.numerics = graph, numerics
        self.layers = {
            node.name: registry.LAYERS[node.layer](node.layer, self._rule_context(index, node))
            for index, node in enumerate(graph.nodes)
        }
        self.native = self._model(graph, {}, graph.name)
        self.native.jit_compile = False  # in float64 on a CPU, XLA is ten times slower
        if setup:
            self._prepare_training(setup)

    def _prepare_training(self, setup: TrainingSetup) -> None:
        body, fused = split_fused_activation(self.graph, setup.loss)
        self.fused_activation: KerasLayer | None = self.layers[fused.name] if fused else None
        noise = {node.name: node.layer.noise(node.input_shapes[0]) for node in body.nodes}
        self.noise_inputs = {
            name: self._noise_input(name, each) for name, each in noise.items() if each
        }
        body = pool_before_relu(body)
        self.evaluation_model = self._model(body, {}, "evaluation_model")
        self.training_model = self._model(body, self.noise_inputs, "training_model")

    def variables(self) -> dict[str, Any]:
        """Variables of all weights by name, in the graph's order."""
        variables = {}
        for node in self.graph.nodes:
            by_name = {variable.name: variable for variable in self.layers[node.name].weights}
            variables.update({f"{node.name}/{name}": by_name[name] for name in node.weights})
        return variables

    def _model(self, graph: Graph, noise_inputs: dict[str, NoiseInput], name: str) -> Any:
        x = rows = keras.Input(graph.input_shape, dtype=self.numerics.dtype, name="rows")
        for node in graph.nodes:
            noise = {"noise": noise_inputs[node.name].input} if node.name in noise_inputs else {}
            x = self.layers[node.name](x, **noise)
        inputs = [rows, *(noise_input.input for noise_input in noise_inputs.values())]
        return keras.Model(inputs if noise_inputs else rows, x, name=_keras_name(name, "network"))

    def _noise_input(self, name: str, noise: Noise) -> NoiseInput:
        dtype = "bool" if noise.kind == "bernoulli" else self.numerics.dtype
        label = f"{self.layers[name].name}>noise"
        return NoiseInput(noise, keras.Input(noise.shape, dtype=dtype, name=label))

    def _rule_context(self, index: int, node: Node) -> RuleContext:
        name = _keras_name(node.name.replace(".", ">"), f"{node.kind}>{index}")
        common = {"name": name, "dtype": self.numerics.dtype}
        return RuleContext(node, self.numerics, common)


def _keras_name(name: str, fallback: str) -> str:
    """Return a name that is valid on all engines, or the fallback.

    PyTorch allows no dots, TensorFlow only ASCII. Node names contain no `>`, so that Keras names
    stay unique.
    """
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_>-]*", name) else fallback
