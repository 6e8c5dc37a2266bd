"""Keras layers of a graph's nodes, and the functions and the model that apply them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from nnspec.backends.contract import TrainingSetup, value_dtype
from nnspec.backends.fused_losses import fuse_losses
from nnspec.backends.keras import registry
from nnspec.backends.keras.rules import KerasLayer, Numerics, RuleContext, Tensor
from nnspec.components.layers.base import Noise
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu
from nnspec.graph.verify import apply_passes


class GraphModels:
    """The Keras layers of a graph, and the ways to apply them.

    `native` is the Keras model that predicts. In training, layers are applied without a model: it
    would apply them in another order, and a batch normalization that is used twice would update its
    running statistics in that order.
    """

    def __init__(self, graph: Graph, setup: TrainingSetup | None, numerics: Numerics) -> None:
        self.graph = graph
        self.layers = build_layers(graph, numerics)
        self.input_names = {
            name: _keras_name(name, f"input>{index}") for index, name in enumerate(graph.inputs)
        }
        self.native = self._native_model(numerics)
        if setup:
            self._prepare_training(graph, setup)

    def _prepare_training(self, graph: Graph, setup: TrainingSetup) -> None:
        fused = fuse_losses(graph, setup)
        self.training_graph = apply_passes(fused.graph, pool_before_relu)
        self.fused_activations: dict[str, KerasLayer] = {
            output: self.layers[node.name] for output, node in fused.activations.items()
        }
        noise = {n.name: n.layer.noise(*n.input_shapes) for n in self.training_graph.nodes}
        self.noise: dict[str, Noise] = {name: each for name, each in noise.items() if each}

    def training_outputs(self, inputs: Sequence[Tensor], noise: Sequence[Tensor]) -> list[Tensor]:
        """What the losses take, in training mode; a tensor for each of `noise`."""
        drawn = dict(zip(self.noise, noise, strict=True))
        return apply_layers(self.training_graph, self.layers, inputs, drawn, training=True)

    def evaluation_outputs(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """What the losses take, in inference mode."""
        return apply_layers(self.training_graph, self.layers, inputs, {}, training=False)

    def variables(self) -> dict[str, Any]:
        """Variables of all weights by name, in the graph's order."""
        variables = {}
        for node in self.graph.nodes:
            by_name = {variable.name: variable for variable in self.layers[node.name].weights}
            variables.update({node.weight_name(name): by_name[name] for name in node.weights})
        return variables

    def _native_model(self, numerics: Numerics) -> Any:
        """The model from inputs to outputs: tensors, or dicts by name where there are several."""
        dtype = np.dtype(numerics.dtype)
        inputs = {
            label: keras.Input(
                tuple(map(int, self.graph.inputs[name].shape)),
                dtype=value_dtype(self.graph, name, dtype).name,
                name=label,
            )
            for name, label in self.input_names.items()
        }
        outputs = apply_layers(self.graph, self.layers, list(inputs.values()), {})
        by_name = dict(zip(self.graph.outputs, outputs, strict=True))
        name = _keras_name(self.graph.name, "network")
        model = keras.Model(_unwrap_only(inputs), _unwrap_only(by_name), name=name)
        model.jit_compile = False  # in float64 on a CPU, XLA is ten times slower
        return model


def build_layers(graph: Graph, numerics: Numerics) -> dict[str, KerasLayer]:
    """The Keras layer of each node, by its name; nodes that share their weights have one."""
    uses: dict[str, list[Node]] = {}
    for node in graph.nodes:
        uses.setdefault(_first_use(graph, node), []).append(node)
    layers = {}
    for index, nodes in enumerate(uses.values()):
        layer = _build_layer(index, tuple(nodes), numerics)
        layers.update({node.name: layer for node in nodes})
    return layers


def _first_use(graph: Graph, node: Node) -> str:
    """The name of the node whose Keras layer also computes `node`.

    A shared layer without weights has another Keras layer for inputs of another shape.
    """
    owner = graph.by_name.get(node.owner, node)
    same = node.layer == owner.layer and node.input_specs == owner.input_specs
    return node.owner if node.weights or same else node.name


def _build_layer(index: int, uses: tuple[Node, ...], numerics: Numerics) -> KerasLayer:
    layer, name = uses[0].layer, re.sub("[./]", ">", uses[0].name)
    common: dict[str, Any] = {
        "dtype": numerics.layer_dtype(uses[0]),
        "trainable": not layer.is_frozen,
    }
    common["name"] = _keras_name(name, f"{layer.kind}>{index}")
    return registry.LAYERS[layer](layer, RuleContext(uses, numerics, common))


def apply_layers(
    graph: Graph,
    layers: Mapping[str, KerasLayer],
    inputs: Sequence[Tensor],
    noise: Mapping[str, Tensor],
    **options: Any,
) -> list[Tensor]:
    """Values of a graph's outputs for those of its inputs; the nodes are computed in order."""
    values = dict(zip(graph.inputs, inputs, strict=True))
    for node in graph.nodes:
        read = [values[value] for value in node.inputs]
        given = {"noise": noise[node.name]} if node.name in noise else {}
        layer = layers[node.name]
        y = layer(read[0] if len(read) == 1 else read, **given, **options)
        if layer.compute_dtype != layer.variable_dtype:  # mixed precision
            y = ops.cast(y, layer.variable_dtype)
        values.update(zip(node.outputs, (y,) if len(node.outputs) == 1 else y, strict=True))
    return [values[value] for value in graph.outputs.values()]


def _unwrap_only(tensors: dict[str, Tensor]) -> Any:
    """The tensor of a dict with one, else the dict."""
    return tensors if len(tensors) > 1 else next(iter(tensors.values()))


def _keras_name(name: str, fallback: str) -> str:
    """Return a name that is valid on all engines, or the fallback.

    PyTorch allows no dots, Keras no slashes, TensorFlow only ASCII. Node names contain no `>`, so
    that Keras names stay unique.
    """
    return name if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_>-]*", name) else fallback
