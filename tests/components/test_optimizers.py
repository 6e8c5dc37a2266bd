"""Optimizers against the arrays in the tests that the installed Keras has beside its own."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.backends.numpy.optimizers.update import Updater
from nnspec.backends.numpy.parameters import Parameters
from nnspec.options.validation import read_component

KINDS = (
    "adadelta", "adagrad", "adam", "adamax", "adamw", "ftrl", "lamb", "lion", "nadam", "rmsprop",
    "sgd",
)  # fmt: skip
FIRST, OTHERS = np.full(10, 0.01), np.arange(0.1, 1.1, 0.1)


def keras_test(kind: str) -> ast.FunctionDef:
    """Keras' test of an optimizer with its expected weights; Keras itself is not imported."""
    keras = find_spec("keras")
    if keras is None or keras.origin is None:
        pytest.skip("keras is not installed")
    path = Path(keras.origin).parent / "src" / "optimizers" / f"{kind}_test.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return functions["test_correctness_with_golden"]


def assigned(function: ast.FunctionDef, name: str) -> Any:
    """The expression that a function assigns to a name."""
    return next(
        node.value
        for node in function.body
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name
    )


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_those_of_the_tests_of_keras(kind: str) -> None:
    test = keras_test(kind)
    written = assigned(test, "optimizer").keywords
    options = {keyword.arg: ast.literal_eval(keyword.value) for keyword in written}
    if "momentum" not in options:
        options.pop("nesterov", None)  # which Keras ignores then, and a spec may not say
    code = compile(ast.Expression(assigned(test, "golden")), kind, "eval")
    expected = eval(code, {"np": np})  # np.array([...]) or np.tile([...], ...)
    np.testing.assert_allclose(updated(kind, options), expected, rtol=5e-4, atol=5e-4)


def updated(kind: str, options: dict[str, Any]) -> list[np.ndarray]:
    """Ten weights of 1 after each of five updates: a small gradient, then a larger one."""
    optimizer: Any = read_component("optimizer", {kind: options})
    weights, gradients = (Parameters({"x": (10,)}, np.dtype(float)) for _ in range(2))
    weights.fill({"x": np.ones(10)})
    slots = {name: np.full(10, value) for name, value in optimizer.slots.items()}
    updater, found = Updater(optimizer, weights, gradients, slots), []
    for step, gradient in enumerate([FIRST, *[OTHERS] * 4]):
        gradients.fill({"x": gradient})
        updater.update(step, optimizer.rate(step))
        found.append(weights.views["x"].copy())
    return found
