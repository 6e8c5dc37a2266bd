"""A layer of the reference engine beside Keras' own layer or function, in float64."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from inspect import signature
from typing import Any, NamedTuple

import numpy as np

from benchmarks.layers.draws import Drawn
from tests.reference_rule import Pass, pass_of


class Computed(NamedTuple):
    """What Keras computes: outputs, and the gradients of the inputs and the weights."""

    y: np.ndarray
    input_gradients: list[np.ndarray]
    gradients: dict[str, np.ndarray]


def difference(drawn: Drawn, seed: int) -> float:
    """The largest difference of any output or gradient, relative to numbers above 1."""
    rng = np.random.default_rng(seed)
    expected = pass_of(drawn.written, drawn.rows(rng), rng)
    found = computed_by_keras(drawn, expected)
    return max(_difference(*pair) for pair in _pairs(expected, found))


def computed_by_keras(drawn: Drawn, given: Pass) -> Computed:
    """The same pass by Keras on JAX, whose convolutions take any strides and dilation."""
    import jax

    layer = keras_layer(drawn, given)
    y, backward = jax.vjp(layer.apply, layer.weights, *given.inputs)
    weights, *inputs = backward(given.dy)
    real = [dx for dx, x in zip(inputs, given.inputs, strict=True) if x.dtype.kind == "f"]
    return Computed(np.asarray(y), [np.asarray(dx) for dx in real], _arrays(weights))


class KerasLayer(NamedTuple):
    """A function of weights, by their names, and inputs."""

    apply: Callable[..., Any]
    weights: dict[str, np.ndarray]


def keras_layer(drawn: Drawn, given: Pass) -> KerasLayer:
    """Keras' layer of the kind, or its function, with the weights of a pass."""
    import keras

    classes = {name.lower(): name for name in dir(keras.layers) if name[0].isupper()}
    name = classes.get(drawn.kind.replace("_", ""))
    if name is None:
        function = getattr(keras.activations, drawn.kind)
        return KerasLayer(lambda _, x: function(x, **drawn.options), {})
    layer = getattr(keras.layers, name)(dtype="float64", **drawn.options)
    layer.build(_only_or_all([x.shape for x in given.inputs]))
    weights = _by_keras_names(given.weights)
    states = [np.asarray(v.value) for v in layer.non_trainable_variables]
    training = {} if "training" not in signature(layer.call).parameters else {"training": True}

    def apply(weights: dict[str, np.ndarray], *inputs: np.ndarray) -> Any:
        own = [weights[variable.name] for variable in layer.trainable_variables]
        return layer.stateless_call(own, states, _only_or_all(inputs), **training)[0]

    return KerasLayer(apply, weights)


def _by_keras_names(weights: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Weights of layers that Keras has as one: `pointwise/kernel` is its `pointwise_kernel`."""
    names = {name: name.replace("/", "_") for name in weights}
    biases = {name: "bias" for name in weights if name.endswith("/bias")}
    return {(names | biases)[name]: array for name, array in weights.items()}


def _only_or_all(values: Sequence[Any]) -> Any:
    return values[0] if len(values) == 1 else list(values)


def _arrays(arrays: dict[str, Any]) -> dict[str, np.ndarray]:
    return {name: np.asarray(array) for name, array in arrays.items()}


def _pairs(expected: Pass, found: Computed) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    yield expected.y, found.y
    wanted = [dx for dx in expected.input_gradients if dx is not None]
    yield from zip(wanted, found.input_gradients, strict=True)
    for name, gradient in _by_keras_names(expected.gradients).items():
        yield gradient, found.gradients[name]


def _difference(expected: np.ndarray, found: np.ndarray) -> float:
    if expected.shape != found.shape:
        return np.inf
    if not expected.size:
        return 0.0
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))
