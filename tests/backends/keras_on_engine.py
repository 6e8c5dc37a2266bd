"""Compares the Keras backend on one engine with the NumPy backend, and prints what it found.

    python keras_on_engine.py ENGINE

An engine cannot be changed within a process, so that each has its own. The result is one JSON
object: group -> case -> the largest deviation, or what went wrong.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from nnspec import catalog, randomness
from nnspec.backends.base import Figures, Program, Recipe, Settings, Weights, find
from nnspec.backends.keras.start import TESTED, check_float64, mend_float64
from nnspec.errors import BackendError
from nnspec.graph import Graph
from nnspec.training.folder import digest
from tests.backends.keras_cases import (
    ACTIVATIONS,
    CONVOLUTIONAL,
    LOSSES,
    OPTIMIZERS,
    POOLINGS,
    SLOW_TO_COMPILE,
    one_hot,
)
from tests.networks import away_from_kinks, graph_of, program_of, recipe

BACKEND = f"keras:{sys.argv[1]}"
Case = tuple[str, Callable[[], Any]]
random = np.random.default_rng


def both(graph: Graph, what: Recipe, precision: str = "float64") -> tuple[Program, Program]:
    return program_of(graph, what, "numpy", precision), program_of(graph, what, BACKEND, precision)


def apart(expected: Weights, found: Weights) -> float:
    """The largest difference, by the largest number where that is above 1."""
    assert list(expected) == list(found)
    return max((difference(expected[name], found[name]) for name in expected), default=0.0)


def difference(expected: np.ndarray, found: np.ndarray) -> float:
    assert expected.shape == found.shape
    assert expected.dtype == found.dtype
    if not expected.size:
        return 0.0
    return float(np.abs(expected - found).max() / max(1.0, np.abs(expected).max()))


def figures_apart(expected: Figures, found: Figures) -> float:
    assert expected.rows == found.rows
    return apart(expected.sums, found.sums)


def once(graph: Graph, what: Recipe, x: np.ndarray, y: np.ndarray) -> float:
    """Output and gradients."""
    programs = both(graph, what)
    outputs = [program.predict(x) for program in programs]
    gradients = [program.gradients(program.place(x, y), np.arange(len(x))) for program in programs]
    return max(difference(*outputs), apart(*gradients))


def reported(graph: Graph, what: Recipe, x: np.ndarray, y: np.ndarray) -> float:
    """The figures of an evaluation and of an update, and its gradients."""
    programs, batches = both(graph, what), [np.arange(3), np.arange(3, len(x))]
    evaluated = [program.evaluate(program.place(x, y), batches) for program in programs]
    trained = [program.train(program.place(x, y), batches[:1]) for program in programs]
    weights = [program.weights() for program in programs]
    return max(figures_apart(*evaluated), figures_apart(*trained), apart(*weights))


def layers() -> Iterator[Case]:
    """Every layer behind a PReLU, so that its input gradient is seen too."""
    slope = {"prelu": {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}}
    for cls in catalog.classes("layer"):
        for number, example in enumerate(cls.examples):

            def case(cls: Any = cls, example: Any = example) -> float:
                graph = graph_of([slope, {cls.kind: example.options}], example.input_shape)
                y = random(1).normal(size=(3, *graph.output_shape))
                x = away_from_kinks((3, *example.input_shape))
                return once(graph, recipe("half_squared_error"), x, y)

            yield f"{cls.kind}-{number}", case


def kinks() -> Iterator[Case]:
    """An activation of exactly 0, and what of it reaches the bias before it."""
    for activation in ACTIVATIONS:

        def case(activation: Any = activation) -> float:
            before = {"units": 3, "kernel_initializer": "zeros"}
            graph = graph_of([{"dense": before}, activation], (2,))
            return once(graph, recipe("half_squared_error"), np.ones((2, 2)), np.ones((2, 3)))

        yield str(activation), case


def ties() -> Iterator[Case]:
    """Pooling of equal numbers: the gradient of each slope tells which of them won."""
    for number, pooling in enumerate(POOLINGS):

        def case(pooling: Any = pooling) -> float:
            slope = {"prelu": {"alpha_initializer": {"constant": 0.25}}}
            graph = graph_of([slope, {"max_pooling2d": pooling}], (6, 7, 2))
            y = random(1).normal(size=(2, *graph.output_shape))
            return once(graph, recipe("half_squared_error"), np.full((2, 6, 7, 2), -1.0), y)

        yield str(number), case


def losses() -> Iterator[Case]:
    for number, (loss, activation, targets) in enumerate(LOSSES):

        def case(loss: Any = loss, activation: Any = activation, y: Any = targets) -> float:
            penalty = {"kernel_regularizer": {"l1_l2": {"l1": 0.01, "l2": 0.2}}}
            layer = {"dense": {"units": 4, "activation": activation, **penalty}}
            x = away_from_kinks((5, 3))
            x[0], x[1] = 0, 1e3 * x[1]  # logits of 0, and such as saturate
            return reported(graph_of([layer], (3,)), recipe(loss, "sgd", ["accuracy", loss]), x, y)

        yield str(number), case


def optimizers() -> Iterator[Case]:
    """Fifty updates; the batches of 7 do not divide the data."""
    for name in OPTIMIZERS if BACKEND != "keras:jax" else SLOW_TO_COMPILE:

        def case(optimizer: Any = OPTIMIZERS[name]) -> float:
            return trained(graph_of(CONVOLUTIONAL, (8, 8, 2)), optimizer, 50)

        yield name, case


def trained(graph: Graph, optimizer: Any, updates: int) -> float:
    what = recipe("categorical_crossentropy", optimizer, ["accuracy"])
    programs = both(graph, what)
    x, y, batches = images(graph, updates)
    figures = [program.train(program.place(x, y), batches) for program in programs]
    states = [program.state() for program in programs]
    assert [state.step for state in states] == [updates] * 2
    assert list(states[0].slots) == list(states[1].slots)
    slots = [apart(a, b) for a, b in zip(*(s.slots.values() for s in states), strict=True)]
    return max(apart(*(p.weights() for p in programs)), figures_apart(*figures), *slots, 0.0)


def images(graph: Graph, updates: int) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    rows = 24
    x = random(3).normal(size=(rows, *graph.input_shape))
    starts = (7 * (number % 4) for number in range(updates))
    return x, one_hot(rows), [np.arange(start, min(start + 7, rows)) for start in starts]


def exchange() -> Iterator[Case]:
    """Half of a training here, half there, against all of it on NumPy."""
    for first, second in (("numpy", BACKEND), (BACKEND, "numpy"), (BACKEND, BACKEND)):

        def case(first: str = first, second: str = second) -> float:
            graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
            what = recipe("categorical_crossentropy", {"adam": 0.01})
            x, y, batches = images(graph, 20)
            whole, a, b = (program_of(graph, what, name) for name in ("numpy", first, second))
            whole.train(whole.place(x, y), batches)
            a.train(a.place(x, y), batches[:9])
            b.set_weights(a.weights())
            b.set_state(a.state())
            b.train(b.place(x, y), batches[9:])
            return apart(whole.weights(), b.weights())

        yield f"{first} to {second}", case


def exact() -> Iterator[Case]:
    """Every bit of the weights after some hundred updates."""
    middle = [{"dense": {"units": 16, "activation": "relu"}}, {"dropout": 0.2}]
    dense = [*middle, {"dense": {"units": 4, "activation": "softmax"}}]
    for name, layers, optimizer in (
        ("sgd", dense, {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}),
        ("adam", dense, {"adam": 0.01}),
        ("running statistics", ["batch_normalization", *dense], {"sgd": 0.1}),
    ):

        def case(layers: Any = layers, optimizer: Any = optimizer) -> bool:
            graph = graph_of(layers, (10,))
            what = recipe("categorical_crossentropy", optimizer)
            programs = both(graph, what, "exact")
            x, y, batches = images(graph, 300)
            for program in programs:
                program.train(program.place(x, y), batches)
            return digest(programs[0].weights()) == digest(programs[1].weights())

        yield name, case


def mends() -> Iterator[Case]:
    yield "float64 that is float32 is noticed", coarse_float64
    yield "the first update of Adam in float32", first_update_of_adam
    yield "batch normalization of numbers far from 0", far_from_zero
    yield "ten updates in float32", ten_updates
    yield "everything in float32 is of float32", all_float32
    yield "gradients change nothing", gradients_change_nothing
    yield "the ends of the clip", ends_of_the_clip


def coarse_float64() -> bool:
    """As Keras is without the mend; on TensorFlow it does no harm."""
    from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

    BIT64_TO_BIT32_DTYPE["float64"] = "float32"
    try:
        check_float64()
    except BackendError as error:
        return "does not compute in float64" in str(error) and TESTED in str(error)
    finally:
        mend_float64()
    return False


def first_update_of_adam() -> float:
    """Relative to the update itself, which is the weight where that began at 0."""
    graph = graph_of([{"dense": {"units": 2, "kernel_initializer": "zeros"}}], (3,))
    program = program_of(graph, recipe(optimizer={"adam": 0.001}), BACKEND, "float32")
    program.train(program.place(np.ones((2, 3)), np.ones((2, 2))), [np.arange(2)])
    gradient = 1.0  # of the mean of (p - 1)^2 over two columns, where p = 0
    expected = 0.001 * gradient / (gradient + 1e-7 / np.sqrt(1 - 0.999))
    return float(np.abs(program.weights()["dense/kernel"] / expected - 1).max())


def far_from_zero() -> float:
    graph = graph_of(["batch_normalization"], (4,))
    x = (random(5).normal(size=(64, 4)) + 1000).astype(np.float32)
    program = program_of(graph, recipe(optimizer={"sgd": 0.1}), BACKEND, "float32")
    program.train(program.place(x, x), [np.arange(64)])
    seen = (program.weights()["batch_normalization/moving_variance"] - 0.99) / 0.01
    return float(np.abs(seen / x.astype(np.float64).var(axis=0) - 1).max())


def ten_updates() -> float:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    programs = both(graph, recipe("categorical_crossentropy", {"adam": 0.001}), "float32")
    x, y, batches = images(graph, 10)
    sums = [p.train(p.place(x, y), batches).sums["loss"] for p in programs]
    return float(np.abs(sums[1] / sums[0] - 1).max())


def all_float32() -> bool:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    what = recipe("categorical_crossentropy", OPTIMIZERS["adamw, norm of all, cosine"])
    program = program_of(graph, what, BACKEND, "float32")
    x, y, batches = images(graph, 4)
    program.train(program.place(x, y), batches)
    arrays = [
        *program.weights().values(),
        *program.gradients(program.place(x, y), batches[0]).values(),
    ]
    arrays += [a for slot in program.state().slots.values() for a in slot.values()]
    given = program.network.learner.output.dtype  # type: ignore[attr-defined]
    return given == "float32" and {a.dtype.name for a in [*arrays, program.predict(x)]} == {
        "float32"
    }


def ends_of_the_clip() -> float:
    """Probabilities that are exactly the smallest and the largest that is let through."""
    graph = graph_of([{"dense": 2}], (3,))
    programs = both(graph, recipe("binary_crossentropy"))
    for program in programs:
        ends = np.array([1e-7, 1 - 1e-7])
        program.set_weights({"dense/kernel": np.zeros((3, 2)), "dense/bias": ends})
    x, y = np.ones((1, 3)), np.array([[1.0, 0.0]])
    return apart(*(p.gradients(p.place(x, y), np.arange(1)) for p in programs))


def gradients_change_nothing() -> float:
    graph = graph_of(CONVOLUTIONAL, (8, 8, 2))
    program = program_of(graph, recipe("categorical_crossentropy"), BACKEND)
    x, y, batches = images(graph, 1)
    before = program.weights()
    program.gradients(program.place(x, y), batches[0])
    return apart(before, program.weights())


def order() -> Iterator[Case]:
    """In TensorFlow's graph, no weight changes before all gradients are there."""
    if BACKEND == "keras:tensorflow":
        yield "weights after gradients", weights_wait_for_gradients


def weights_wait_for_gradients() -> bool:
    import tensorflow as tf

    graph = graph_of([{"dense": 3}, {"dense": 2}], (4,))
    program = program_of(graph, recipe(optimizer={"sgd": {"momentum": 0.9}}), BACKEND)
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
    """The names of all operations that must run before one.

    An `IdentityN` holds nothing back: TensorFlow takes it apart before it runs the graph.
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
    """How often the step is traced, whatever the lengths of the chunks."""

    def case() -> int:
        graph = graph_of([{"dropout": 0.5}, {"dense": 4}], (10,))
        program = program_of(graph, recipe(), BACKEND)
        traced = []
        objective = program.engine.objective  # type: ignore[attr-defined]
        measure = objective.measure
        objective.measure = lambda *given: traced.append(1) or measure(*given)
        x, y, batches = images(graph, 4)
        placed = program.place(x, y)
        for length in (1, 2, 3, 2, 150):
            program.train(placed, batches[:1] * length)
        program.train(placed, batches)
        return len(traced)

    yield "traces", case


def native() -> Iterator[Case]:
    """The model by itself, in a type that need not be Keras' own."""

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
    program = find(BACKEND).build(graph, None, Settings(precision))  # type: ignore[arg-type]
    program.set_weights(randomness.initial_weights(graph, 0))
    program.set_state(program.state())
    return program


GROUPS = (layers, kinks, ties, losses, optimizers, exchange, exact, mends, order, compiled, native)


def result(case: Callable[[], Any]) -> Any:
    try:
        return case()
    except Exception:
        return traceback.format_exc()[-1500:]


if __name__ == "__main__":
    find(BACKEND)
    wanted = sys.argv[2:] or [group.__name__ for group in GROUPS]
    groups = [group for group in GROUPS if group.__name__ in wanted]
    print(json.dumps({g.__name__: {name: result(case) for name, case in g()} for g in groups}))
