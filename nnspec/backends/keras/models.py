"""A graph as Keras models that share their layers."""

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
    """What a node draws, and the learner's input for it."""

    noise: Noise
    input: Tensor


class GraphModels:
    """The models of a graph.

    `native` takes rows and predicts. `learner` takes rows and what each drawing node drew;
    `evaluator` takes rows. Both end before the activation that the loss absorbs, `head`.
    """

    def __init__(self, graph: Graph, setup: TrainingSetup | None, arithmetic: Numerics) -> None:
        self.graph, self.arithmetic = graph, arithmetic
        self.layers = {
            node.name: registry.LAYERS[node.layer](node.layer, self._space(number, node))
            for number, node in enumerate(graph.nodes)
        }
        self.native = self._model(graph, {}, graph.name)
        self.native.jit_compile = False  # XLA takes ten times as long in float64 on a CPU
        if setup:
            self._prepare_training(setup)

    def _prepare_training(self, setup: TrainingSetup) -> None:
        body, head = split_fused_activation(self.graph, setup.loss)
        self.head: KerasLayer | None = self.layers[head.name] if head else None
        drawn = {node.name: node.layer.noise(node.input_shapes[0]) for node in body.nodes}
        self.drawings = {name: self._drawing(name, of) for name, of in drawn.items() if of}
        fast = pool_before_relu(body)
        self.evaluator = self._model(fast, {}, "evaluator")
        self.learner = self._model(fast, self.drawings, "learner")

    def variables(self) -> dict[str, Any]:
        """Every weight's variable, in the graph's order."""
        found = {}
        for node in self.graph.nodes:
            by_name = {variable.name: variable for variable in self.layers[node.name].weights}
            found.update({f"{node.name}/{name}": by_name[name] for name in node.weights})
        return found

    def _model(self, graph: Graph, drawings: dict[str, NoiseInput], name: str) -> Any:
        x = rows = keras.Input(graph.input_shape, dtype=self.arithmetic.dtype, name="rows")
        for node in graph.nodes:
            drawn = {"drawn": drawings[node.name].input} if node.name in drawings else {}
            x = self.layers[node.name](x, **drawn)
        inputs = [rows, *(drawing.input for drawing in drawings.values())]
        return keras.Model(inputs if drawings else rows, x, name=_plain(name, "network"))

    def _drawing(self, name: str, of: Noise) -> NoiseInput:
        dtype = "bool" if of.kind == "keep" else self.arithmetic.dtype
        label = f"{self.layers[name].name}>drawn"
        return NoiseInput(of, keras.Input(of.shape, dtype=dtype, name=label))

    def _space(self, number: int, node: Node) -> RuleContext:
        name = _plain(node.name.replace(".", ">"), f"{node.kind}>{number}")
        common = {"name": name, "dtype": self.arithmetic.dtype}
        return RuleContext(node, self.arithmetic, common)


def _plain(name: str, otherwise: str) -> str:
    """A name that all engines take: PyTorch has no dots, TensorFlow ASCII alone.

    Nodes' own names hold no `>`, so that no two become the same.
    """
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_>-]*", name) else otherwise
