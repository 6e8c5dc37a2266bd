"""The contract of the reference rules: arguments stay as they are, and calls are independent."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance
from nnspec.backends.numpy import registry
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import Forward, RuleContext
from nnspec.graph.ir import Node
from nnspec.graph.lower import lower
from nnspec.randomness.initial_weights import initial_weights
from tests.backends.numpy.small_graphs import case, named, program_of

CASES = [case for case in conformance.cases() if case.name.startswith("layer")]
ROWS = 5


def rule_of(which: conformance.Case, training: bool) -> tuple[Node, ParameterStore, Forward]:
    """The last node of a case, a store with its weights, and its rule's forward."""
    graph = lower(which.graph())
    node = graph.nodes[-1]
    store = ParameterStore(graph, np.dtype(np.float64), 0)
    weights = initial_weights(graph, 0)
    store.parameters.fill(weights)
    store.buffers.fill(weights)
    needed = tuple(spec.is_float for spec in node.input_specs)
    context = RuleContext(
        node, store, store.gradients.views, np.dtype(np.float64), training, needed
    )
    return node, store, registry.LAYERS[node.layer](node.layer, context)


def drawn(shape: tuple[int, ...], seed: int, *, is_float: bool = True) -> np.ndarray:
    """An array that cannot be written."""
    rng = np.random.default_rng(seed)
    array = rng.normal(size=shape) if is_float else rng.integers(0, 4, size=shape)
    array.flags.writeable = False
    return array


def inputs_of(node: Node, seed: int) -> list[np.ndarray]:
    return [
        drawn((ROWS, *spec.shape), seed + i, is_float=spec.is_float)
        for i, spec in enumerate(node.input_specs)
    ]


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("which", CASES, ids=str)
def test_a_call_changes_no_argument_and_no_other_call(
    which: conformance.Case, training: bool
) -> None:
    node, store, forward = rule_of(which, training)
    dy = drawn((ROWS, *node.shape), 7)

    def gradients(backward: Any) -> list[np.ndarray]:
        store.gradients.flat.fill(0)
        found = [dx for dx in backward(dy) if dx is not None]
        return [*found, store.gradients.flat.copy()]

    inputs = inputs_of(node, 1)
    y, backward = forward(*inputs)
    kept, before = np.array(y), gradients(backward)
    forward(*inputs_of(node, 11))[1](drawn((ROWS, *node.shape), 8))
    np.testing.assert_array_equal(y, kept)
    for one, other in zip(before, gradients(backward), strict=True):
        np.testing.assert_array_equal(one, other)
    shapes = [x.shape for x, spec in zip(inputs, node.input_specs, strict=True) if spec.is_float]
    assert [dx.shape for dx in before[:-1]] == shapes


@pytest.mark.parametrize("which", CASES, ids=str)
def test_gradients_are_added_to_those_of_other_uses(which: conformance.Case) -> None:
    node, store, forward = rule_of(which, training=True)
    _, backward = forward(*inputs_of(node, 1))
    dy = drawn((ROWS, *node.shape), 7)
    backward(dy)
    once = store.gradients.flat.copy()
    backward(dy)
    np.testing.assert_allclose(store.gradients.flat, 2 * once, rtol=1e-15)


@pytest.mark.parametrize("which", CASES, ids=str)
def test_float32_stays_float32(which: conformance.Case) -> None:
    graph = which.graph()
    program = conformance.program_of(graph, which.setup(), "numpy:reference", "float32")
    outputs = program.predict_outputs(which.inputs(graph))
    assert {y.dtype for y in outputs.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("kind", ["maximum", "minimum"])
def test_the_gradient_of_a_tie_goes_to_the_first_input(kind: str) -> None:
    layers = [named("prelu", name, "input", alpha_initializer={"constant": 1.0}) for name in "abc"]
    *_, program = program_of(case([*layers, named(kind, "best", "a", "b", "c")]))
    x = -np.ones((2, 3))
    gradients = program.gradients(program.upload(x, 0 * x), np.arange(2))
    assert {name: bool(g.any()) for name, g in gradients.items()} == {
        "a/alpha": True, "b/alpha": False, "c/alpha": False,
    }  # fmt: skip


def test_the_gradient_of_a_tie_of_pixels_goes_to_the_first_in_row_major_order() -> None:
    layers = [{"prelu": {"alpha_initializer": {"constant": 1.0}}}, "global_max_pooling2d"]
    which = conformance.Case("tie", {"input_shape": [2, 3, 1], "layers": layers})
    *_, program = program_of(which)
    x = -np.array([[3.0, 2.0, 1.0], [2.0, 1.0, 1.0]]).reshape(1, 2, 3, 1)
    gradients = program.gradients(program.upload(x, np.zeros((1, 1))), np.arange(1))
    np.testing.assert_array_equal(np.argwhere(gradients["prelu/alpha"][..., 0]), [[0, 2]])
