"""Differences between a model of Keras and the programs of its page: outputs and gradients."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import numpy as np

from benchmarks.gallery.keras_models import MASKS, dropouts, variables
from nnspec.backends.arrays import Array
from nnspec.backends.contract import Program, TrainingSetup, Weights
from nnspec.backends.discovery import build_program
from nnspec.components.layers.base import Layer
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.infer import infer_node
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective
from nnspec.options.validation import read_component

Differences = dict[str, float]  # by the backend
ROWS = 4
STATISTICS = (16, 3)  # rows and seed of the images whose statistics normalization has
PATCHES = 3  # in a row of an image
NEGLIGIBLE = 1e-6  # of the largest gradient: less is the rounding of one that is 0, as that of a
# shift which a later normalization by the batch's mean takes off again


def output_differences(
    model: Any, graph: Graph, backends: Iterable[str], precision: Precision
) -> Differences:
    """The largest difference of a logit, up to a constant of each row, relative to the largest."""
    x, weights = images(graph), values(model, graph)
    expected = logits(np.asarray(model(x, training=False)))
    largest = np.abs(expected).max()
    found = {}
    for backend in backends:
        program = build_program(graph, None, ComputeConfig(backend, precision))
        program.set_weights(weights)
        found[backend] = float(np.abs(logits(program.predict(x)) - expected).max() / largest)
    return found


def gradient_differences(model: Any, graph: Graph, backends: Iterable[str]) -> Differences:
    """The largest relative difference of the gradients of the cross-entropy, in float64.

    Of each weight: the largest difference relative to its largest gradient, or to `NEGLIGIBLE`
    times that of all weights if this is more. Normalization that is not frozen takes the mean
    and the variance of the batch.
    """
    x, y, weights = images(graph), classes(graph), values(model, graph)
    expected = keras_gradients(model, graph, x, y)
    found = {}
    for backend in backends:
        program = build_program(graph, _setup(graph), ComputeConfig(backend, "float64"))
        program.set_weights(weights)
        found[backend] = relative(program_gradients(program, x, y), expected)
    return found


def relative(found: Weights, expected: Weights) -> float:
    """The largest difference of a weight's gradient, relative to what is said above."""
    assert found.keys() == expected.keys()  # noqa: S101
    largest = {name: np.abs(array).max() for name, array in expected.items()}
    least = NEGLIGIBLE * max(largest.values())
    apart = [np.abs(found[n] - expected[n]).max() / max(largest[n], least) for n in expected]
    return float(max(apart))


def keras_gradients(model: Any, graph: Graph, x: Array, y: Array) -> Weights:
    """Keras' gradients by the names of the graph's weights, in training mode, without dropout."""
    import keras
    import tensorflow as tf

    for layer in dropouts(model):
        layer.rate = 0
    trained = {n: v.value for n, v in variables(model, graph).items() if v.trainable}
    with tf.GradientTape() as tape:
        loss = keras.losses.CategoricalCrossentropy(dtype="float64")(y, model(x, training=True))
    return {n: array.numpy() for n, array in tape.gradient(loss, trained).items()}


def program_gradients(program: Program, x: Array, y: Array) -> Weights:
    """The gradients of a program on all rows."""
    return program.gradients(program.upload(x, y), np.arange(len(x)))


def _setup(graph: Graph) -> TrainingSetup:
    loss = read_component("loss", "categorical_crossentropy")
    objective = Objective(next(iter(graph.outputs)), loss)
    return TrainingSetup((objective,), read_component("optimizer", "sgd"))


# ---------------------------------------------------------------- data, weights and variants


def images(graph: Graph, rows: int = ROWS, seed: int = 1) -> Array:
    """Random images: some large patches of colour, and a tenth of noise.

    Of images of noise alone deep layers make nearly the same, and their normalization enlarges what
    is left, rounding included.
    """
    rng = np.random.default_rng(seed)
    height, width, channels = graph.input_shape
    y, x = (np.arange(size) * PATCHES // size for size in (height, width))
    patches = rng.uniform(size=(rows, PATCHES, PATCHES, channels))[:, y][:, :, x]
    return 255 * (0.9 * patches + 0.1 * rng.uniform(size=(rows, height, width, channels)))


def classes(graph: Graph) -> Array:
    """A class for each image, as 0 and 1."""
    count = graph.output_shape[-1]
    return np.eye(count)[np.random.default_rng(2).integers(0, count, ROWS)]


def values(model: Any, graph: Graph) -> Weights:
    """The model's weights by the names of the graph's."""
    return {name: np.array(variable) for name, variable in variables(model, graph).items()}


def logits(probabilities: Array) -> Array:
    """What softmax was applied to, with mean 0 in each row."""
    found = np.log(probabilities.astype(np.float64))
    return found - found.mean(-1, keepdims=True)


def without_masks(graph: Graph) -> Graph:
    """The graph whose layers drop nothing."""
    return _changed(graph, MASKS, lambda layer: layer.replace(rate=0.0))


def with_frozen_normalization(graph: Graph) -> Graph:
    """The graph whose normalization keeps its statistics in training too."""
    return _changed(graph, ("batch_normalization",), lambda layer: layer.frozen())


def _changed(graph: Graph, kinds: Collection[str], change: Callable[[Layer], Layer]) -> Graph:
    """The graph with layers of some kinds changed."""
    specs, nodes = dict(graph.inputs), []
    for node in graph.nodes:
        layer = change(node.layer) if node.kind in kinds else node.layer
        nodes.append(infer_node(node._replace(layer=layer), specs))
        specs.update(zip(nodes[-1].outputs, nodes[-1].output_specs, strict=True))
    return graph.replace(nodes=tuple(nodes))
