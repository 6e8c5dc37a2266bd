"""Cases that check the native Keras model of networks with several inputs, outputs and uses."""

from __future__ import annotations

from collections.abc import Iterator
from tempfile import TemporaryDirectory

import numpy as np

from nnspec.backends.keras.bootstrap import _stderr_suppressed
from tests.backends.keras.agreement import Case, array_difference
from tests.backends.keras.cases import BACKEND
from tests.backends.keras.graph_networks import SIAMESE, TWO_OUTPUTS
from tests.backends.keras.graphs import ROWS, Network


def native_graphs() -> Iterator[Case]:
    yield "several inputs and outputs", several_inputs_and_outputs
    yield "one layer for two uses", one_layer_for_two_uses
    yield "trained by Keras", trained_by_keras
    yield "saved", saved


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


def saved() -> bool:
    """`save` and `save_weights` write, and `load_weights` reads what was written."""
    model = Network(TWO_OUTPUTS).program(BACKEND).native
    before = model.get_weights()
    # To write files, Keras imports TensorFlow, if there is one, which logs to stderr.
    with TemporaryDirectory() as folder, _stderr_suppressed():
        model.save(f"{folder}/model.keras")
        model.save_weights(f"{folder}/model.weights.h5")
        model.set_weights([array * 0 for array in before])
        model.load_weights(f"{folder}/model.weights.h5")
    return all(map(np.array_equal, before, model.get_weights()))
