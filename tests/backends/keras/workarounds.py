"""Cases that check the backend's patches of Keras, its compiled steps and its native model."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from nnspec.backends.contract import Program
from nnspec.backends.discovery import find
from nnspec.backends.keras.bootstrap import TESTED_VERSION, check_float64, patch_float64
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.ir import Graph
from nnspec.randomness import initial_weights
from tests.backends.keras.agreement import Case, both, images, random, weights_difference
from tests.backends.keras.cases import BACKEND, CONVOLUTIONAL, OPTIMIZERS
from tests.networks import graph_of, program_of, setup


def patches() -> Iterator[Case]:
    yield "float64 that is float32 is noticed", coarse_float64
    yield "the first update of Adam in float32", first_update_of_adam
    yield "batch normalization of numbers far from 0", far_from_zero
    yield "ten updates in float32", ten_updates
    yield "everything in float32 is of float32", all_float32
    yield "gradients change nothing", gradients_change_nothing
    yield "the ends of the clip", ends_of_the_clip


def coarse_float64() -> bool:
    """Keras without the patch of float64 is detected; on TensorFlow the patch changes nothing."""
    from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

    BIT64_TO_BIT32_DTYPE["float64"] = "float32"
    try:
        check_float64()
    except BackendError as error:
        return "does not compute in float64" in str(error) and TESTED_VERSION in str(error)
    finally:
        patch_float64()
    return False


def first_update_of_adam() -> float:
    """Error of the first update, relative to the update, which is the weight as it started at 0."""
    graph = graph_of([{"dense": {"units": 2, "kernel_initializer": "zeros"}}], (3,))
    program = program_of(graph, setup(optimizer={"adam": 0.001}), BACKEND, "float32")
    program.train(program.upload(np.ones((2, 3)), np.ones((2, 2))), [np.arange(2)])
    gradient = 1.0  # of the mean of (p - 1)^2 over two columns, where p = 0
    expected = 0.001 * gradient / (gradient + 1e-7 / np.sqrt(1 - 0.999))
    return float(np.abs(program.weights()["dense/kernel"] / expected - 1).max())


def far_from_zero() -> float:
    graph = graph_of(["batch_normalization"], (4,))
    x = (random(5).normal(size=(64, 4)) + 1000).astype(np.float32)
    program = program_of(graph, setup(optimizer={"sgd": 0.1}), BACKEND, "float32")
    program.train(program.upload(x, x), [np.arange(64)])
    seen = (program.weights()["batch_normalization/moving_variance"] - 0.99) / 0.01
    return float(np.abs(seen / x.astype(np.float64).var(axis=0) - 1).max())


def ten_updates() -> float:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    programs = both(graph, setup("categorical_crossentropy", {"adam": 0.001}), "float32")
    x, y, batches = images(graph, 10)
    sums = [p.train(p.upload(x, y), batches).sums["loss"] for p in programs]
    return float(np.abs(sums[1] / sums[0] - 1).max())


def all_float32() -> bool:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    training = setup("categorical_crossentropy", OPTIMIZERS["adamw, norm of all, cosine"])
    program = program_of(graph, training, BACKEND, "float32")
    x, y, batches = images(graph, 4)
    program.train(program.upload(x, y), batches)
    arrays = [
        *program.weights().values(),
        *program.gradients(program.upload(x, y), batches[0]).values(),
    ]
    arrays += [a for slot in program.state().slots.values() for a in slot.values()]
    dtype = program.native.output.dtype
    return dtype == "float32" and {a.dtype.name for a in [*arrays, program.predict(x)]} == {
        "float32"
    }


def ends_of_the_clip() -> float:
    """Probabilities at exactly the lower and the upper bound of the clip."""
    graph = graph_of([{"dense": 2}], (3,))
    programs = both(graph, setup("binary_crossentropy"))
    for program in programs:
        ends = np.array([1e-7, 1 - 1e-7])
        program.set_weights({"dense/kernel": np.zeros((3, 2)), "dense/bias": ends})
    x, y = np.ones((1, 3)), np.array([[1.0, 0.0]])
    return weights_difference(*(p.gradients(p.upload(x, y), np.arange(1)) for p in programs))


def gradients_change_nothing() -> float:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    program = program_of(graph, setup("categorical_crossentropy"), BACKEND)
    x, y, batches = images(graph, 1)
    before = program.weights()
    program.gradients(program.upload(x, y), batches[0])
    return weights_difference(before, program.weights())


def order() -> Iterator[Case]:
    """In TensorFlow's graph, no weight is updated before all gradients are computed."""
    if BACKEND == "keras:tensorflow":
        yield "weights after gradients", weights_wait_for_gradients


def weights_wait_for_gradients() -> bool:
    import tensorflow as tf

    graph = graph_of([{"dense": 3}, {"dense": 2}], (4,))
    program = program_of(graph, setup(optimizer={"sgd": {"momentum": 0.9}}), BACKEND)
    engine = program.engine  # type: ignore[attr-defined]
    doubled = []

    def update(*gradients: Any) -> None:
        doubled.extend(gradient * 2 for gradient in gradients)
        engine._update(doubled, tf.constant(0.1, tf.float64))

    specs = [tf.TensorSpec(variable.shape, tf.float64) for variable in engine.trained]
    made = tf.function(update, autograph=False).get_concrete_function(*specs).graph
    slots = [v.handle for v in made.variables if v.shape.rank]
    handles = {made.capture(handle).name for handle in slots}
    writes = [
        op for op in made.get_operations()
        if op.type.startswith("Assign") and op.inputs[0].name in handles
    ]  # fmt: skip
    needed = {tensor.op.name for tensor in doubled}
    return len(writes) == 8 and all(needed <= ancestors(op) for op in writes)


def ancestors(op: Any) -> set[str]:
    """Names of all operations that must run before `op`.

    An `IdentityN` is no dependency: TensorFlow splits it before it runs the graph.
    """
    seen: set[str] = set()
    todo = [op]
    while todo:
        now = todo.pop()
        before = [producer(tensor) for tensor in now.inputs] + list(now.control_inputs)
        todo += [other for other in before if other.name not in seen]
        seen |= {other.name for other in before}
    return seen


def producer(tensor: Any) -> Any:
    while tensor.op.type == "IdentityN":
        tensor = tensor.op.inputs[tensor.value_index]
    return tensor.op


def compiled() -> Iterator[Case]:
    """How often the step is traced, for chunks of several lengths."""

    def case() -> int:
        graph = graph_of([{"dropout": 0.5}, {"dense": 4}], (10,))
        program = program_of(graph, setup(), BACKEND)
        traced = []
        objective = program.engine.objective  # type: ignore[attr-defined]
        measure = objective.measure
        objective.measure = lambda *given: traced.append(1) or measure(*given)
        x, y, batches = images(graph, 4)
        device_rows = program.upload(x, y)
        for length in (1, 2, 3, 2, 150):
            program.train(device_rows, batches[:1] * length)
        program.train(device_rows, batches)
        return len(traced)

    yield "traces", case


def native() -> Iterator[Case]:
    """The native model used by itself, in a dtype that differs from Keras' `floatx`."""

    def case(precision: str) -> bool:
        import keras

        graph = graph_of([*CONVOLUTIONAL, {"dense": {"units": 2, "name": "層"}}], (8, 8, 2))
        program = predictor(graph, precision)
        model, lines = program.native, []
        model.summary(print_fn=lines.append)
        assert keras.config.floatx() == "float32"
        x = images(graph, 1)[0].astype(precision)
        same = np.allclose(model.predict(x, verbose=0), program.predict(x), rtol=0, atol=1e-6)
        sizes = sorted(w.shape for w in model.get_weights())
        mine = sorted(w.shape for w in program.weights().values())
        assert model.output_shape == (None, *graph.output_shape)
        return same and sizes == mine and "conv2d" in str(lines) and isinstance(model, keras.Model)

    for precision in ("float32", "float64"):
        yield precision, partial(case, precision)


def predictor(graph: Graph, precision: str) -> Program:
    program = find(BACKEND).build(graph, None, ComputeConfig(precision=precision))  # type: ignore[arg-type]
    program.set_weights(initial_weights.initial_weights(graph, 0))
    program.set_state(program.state())
    return program
