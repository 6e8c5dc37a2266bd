"""Models of `keras.applications` beside pages of the gallery: counts, layers, options, weights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.gallery.signatures import graph_operations, keras_operations, parts, signatures
from nnspec.backends.arrays import Array
from nnspec.backends.discovery import find
from nnspec.graph.ir import Graph
from nnspec.graph.summary import summarise
from nnspec.options.types import Shape

MASKS = ("dropout", "stochastic_depth")


class DifferentNetworkError(Exception):
    """A page is not the network that another library builds."""


@contextmanager
def keras_in(precision: str) -> Iterator[Any]:
    """Keras on TensorFlow, whose models are built and called with floats of a precision."""
    find("keras:tensorflow")  # imports it on this engine
    import keras

    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx(precision)
    keras.config.set_dtype_policy(precision)
    try:
        yield keras
    finally:
        keras.config.set_floatx(before)
        keras.config.set_dtype_policy(policy)


def build(name: str, input_shape: Shape) -> Any:
    """A model with random weights, in the precision of a `keras_in` around it."""
    import keras

    model = getattr(keras.applications, name)(weights=None, input_shape=input_shape)
    _keep_constants(model)
    return model


def _keep_constants(model: Any) -> None:
    """Give layers their constants as arrays: on TensorFlow Keras rounds Python's to float32."""
    from keras import ops

    for layer in layers(model).values():
        if type(layer).__name__ == "Rescaling":
            layer.scale, layer.offset = (np.asarray(one) for one in (layer.scale, layer.offset))
        elif type(layer).__name__ == "Normalization" and layer.input_mean is not None:
            for name in ("mean", "variance"):
                value = np.reshape(getattr(layer, f"input_{name}"), getattr(layer, name).shape)
                setattr(layer, name, ops.convert_to_tensor(value, layer.compute_dtype))


def build_structure(name: str, input_shape: Shape) -> Any:
    """A model whose variables have shapes and no values, which takes a second at most.

    Keras keeps a list of such variables, to initialize them later; the session is cleared of it.
    """
    with keras_in("float32") as keras:
        with keras.StatelessScope(initialize_variables=False):
            build_model = getattr(keras.applications, name)
            model = build_model(weights=None, input_shape=input_shape)
        keras.backend.clear_session(free_memory=False)
    return model


# ---------------------------------------------------------------- what has to be equal


def check(model: Any, graph: Graph) -> None:
    """Raise a DifferentNetworkError unless numbers of parameters, layers and options are equal."""
    summary, counted = summarise(graph), counts(model)
    mine = summary.parameters, summary.parameters - summary.trainable
    if mine != counted:
        raise DifferentNetworkError(f"{graph.name}: {mine} parameters, and in Keras {counted}")
    _check_options(model, graph)
    _check_rates(model, graph)


def counts(model: Any) -> tuple[int, int]:
    """All parameters, and those that are not trained."""
    sizes = [int(np.prod(weight.shape)) for weight in model.non_trainable_weights]
    return model.count_params(), sum(sizes)


def _check_options(model: Any, graph: Graph) -> None:
    """Check what outputs do not show, or hardly: momenta and epsilons."""
    by_name = layers(model)
    for theirs, mine in paired(model, graph).items():
        layer = graph.by_name[mine].layer
        for option in ("momentum", "epsilon"):
            found, expected = (getattr(one, option, None) for one in (layer, by_name[theirs]))
            if found != expected:
                raise DifferentNetworkError(f"{mine}: {option} {found}, and in Keras {expected}")


def _check_rates(model: Any, graph: Graph) -> None:
    """Check the rates of dropout, without their places."""
    rates = sorted(layer.rate for layer in dropouts(model))
    found = sorted(node.layer.rate for node in graph.nodes if node.kind in MASKS)
    if not np.array_equal(np.round(found, 9), np.round(rates, 9)):
        raise DifferentNetworkError(f"rates {found}, and in Keras {rates}")


# ---------------------------------------------------------------- layers and weights


def layers(model: Any) -> dict[str, Any]:
    """The layers of a model by name, with those of models within it."""
    return {layer.name: layer for one in model.layers for layer in parts(one)}


def dropouts(model: Any) -> list[Any]:
    """The layers that draw masks in training."""
    return [layer for layer in layers(model).values() if type(layer).__name__ == "Dropout"]


def paired(model: Any, graph: Graph) -> dict[str, str]:
    """The name of the graph's layer for each of the model's with weights."""
    theirs, mine = signatures(keras_operations(model)), signatures(graph_operations(graph))
    if theirs.keys() != mine.keys():
        raise DifferentNetworkError(_unequal(theirs, mine))
    pairs = {}
    for signature, names in theirs.items():
        pairs |= dict(zip(names, mine[signature], strict=True))
    return pairs


def _unequal(theirs: Mapping[str, list[str]], mine: Mapping[str, list[str]]) -> str:
    """The first layers without a counterpart."""
    theirs_alone = [names for key, names in theirs.items() if key not in mine]
    mine_alone = [names for key, names in mine.items() if key not in theirs]
    return f"only there: {theirs_alone[:2]}; only on the page: {mine_alone[:2]}"


def variables(model: Any, graph: Graph) -> dict[str, Any]:
    """The model's variables by the names of the graph's weights."""
    found, by_name = {}, layers(model)
    for theirs, mine in paired(model, graph).items():
        node = graph.by_name[mine]
        names = [node.weight_name(weight) for weight in node.weights]
        found |= dict(zip(names, by_name[theirs].weights, strict=True))
    return found


def draw(model: Any, images: Array) -> None:
    """Draw all weights, and give normalization the statistics of the images.

    So the outputs depend on the images as those of a trained network do. With other statistics the
    layers of a deep one make them smaller and smaller, and the outputs are those of the biases.
    """
    rng = np.random.default_rng(0)
    for layer in layers(model).values():
        if type(layer).__name__ != "Normalization":
            layer.set_weights([_drawn(weight, rng) for weight in layer.weights])
    momenta = {layer: layer.momentum for layer in normalizations(model)}
    for layer in momenta:
        layer.momentum = 0.0
    model(images, training=True)
    for layer, momentum in momenta.items():
        layer.momentum = momentum


def normalizations(model: Any) -> list[Any]:
    """The layers with moving statistics."""
    named = layers(model).values()
    return [layer for layer in named if type(layer).__name__ == "BatchNormalization"]


def freeze_normalization(model: Any) -> None:
    """Make the normalization of a model keep its statistics in training too."""
    for layer in normalizations(model):
        layer.trainable = False


def _drawn(weight: Any, rng: np.random.Generator) -> Array:
    """Kernels that keep the variance, and other numbers around theirs.

    With shifts about 0.5 after normalization most of it passes a ReLU; with shifts about 0 fifty
    layers enlarge rounding four hundredfold.
    """
    shape = tuple(weight.shape)
    if len(shape) > 1:
        return rng.normal(size=shape) * np.sqrt(2 / np.prod(shape[:-1]))
    middle = 0.5 if weight.name == "beta" else np.asarray(weight)
    return middle + rng.uniform(-0.2, 0.2, shape)
