"""Run a case of the conformance suite on a backend and compare it with the reference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.conformance.case import ROWS, Case
from nnspec.backends.contract import BatchMetrics, Indices, Program, TrainingSetup
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.ir import Graph
from nnspec.randomness import initial_weights

REFERENCE = "numpy:reference"
TOLERANCE = 1e-10  # relative to the largest value, in float64
UPDATES = 5
_ROUNDING = 1e-15  # of sums that are 0: a float32 step of any weight above 1e-8 is larger


class Trajectory(NamedTuple):
    """Outputs, gradients, metrics and weights that a backend computes for a case."""

    weights: Arrays  # at the start
    outputs: Arrays
    gradients: Arrays
    metrics: Arrays  # of each update: losses and metrics; and those of all updates together
    evaluation: Arrays  # losses and metrics after the updates
    trained: Arrays  # weights after the updates
    state: Arrays  # the optimizer's slots after the updates
    averaged: Arrays  # weights when training has ended


class DifferenceError(AssertionError):
    """A backend's results differ from the reference."""


def check(case: Case, backend: str, reference: str = REFERENCE) -> None:
    """Raise DifferenceError if a backend differs from the reference by more than rounding."""
    graph, actual = case.graph(), trace(case, backend)
    declared = {name: weight.shape for name, weight in graph.weights()}
    _check_equal("the weights' shapes", {n: w.shape for n, w in actual.weights.items()}, declared)
    shapes = {name: graph.specs[value].shape for name, value in graph.outputs.items()}
    _check_equal("the outputs' shapes", {n: y.shape[1:] for n, y in actual.outputs.items()}, shapes)
    expected = trace(case, reference)
    _check_all_close("output", actual.outputs, expected.outputs)
    _check_all_close("gradient of", actual.gradients, expected.gradients)
    _check_all_close("in training,", actual.metrics, expected.metrics)
    _check_all_close("in evaluation,", actual.evaluation, expected.evaluation)
    _check_all_close("after training,", actual.trained, expected.trained)
    _check_all_close("in the optimizer's state,", actual.state, expected.state)
    _check_all_close("at the end,", actual.averaged, expected.averaged)
    if case.is_exact():
        _check_exact(case, backend, reference, expected.gradients)


def check_exact(case: Case, backend: str, reference: str = REFERENCE) -> None:
    """Raise DifferenceError unless weights that were trained in `exact` have equal bits.

    That holds for numbers that are more than rounding: the gradient of a bias before batch
    normalization is 0, and so is the mean of what another one normalized.
    """
    gradients = trace(case, reference).gradients
    _check_exact(case, backend, reference, gradients)


def _check_exact(case: Case, backend: str, reference: str, gradients: Arrays) -> None:
    """The same, of a case whose gradients are known."""
    actual, expected = (_trained_exactly(case, name) for name in (backend, reference))
    largest = max((float(np.abs(g).max(initial=0)) for g in gradients.values()), default=0)
    for name, array in expected.items():
        matters = name not in gradients or np.abs(gradients[name]).max() > TOLERANCE * largest
        off = float(np.abs(array - actual[name]).max(initial=0))
        if matters and off > _ROUNDING:
            raise DifferenceError(f"{name} has other bits in exact precision, off by {off:.1e}")


def _trained_exactly(case: Case, backend: str) -> Arrays:
    """The weights after a few updates in `exact` precision."""
    graph, setup = case.graph(), case.setup()
    program = program_of(graph, setup, backend, "exact")
    targets = case.targets(graph, setup)
    device_rows = program.upload(case.inputs(graph), targets, case.weights(setup))
    program.train(device_rows, _batches())
    return program.weights()


def _batches() -> list[Indices]:
    """Batches of different sizes."""
    return [np.arange(step, ROWS) for step in range(UPDATES)]


def trace(case: Case, backend: str) -> Trajectory:
    """Run a case on a backend, in float64, with data drawn by the case's name."""
    graph, setup = case.graph(), case.setup()
    program = program_of(graph, setup, backend)
    inputs = case.inputs(graph)
    device_rows = program.upload(inputs, case.targets(graph, setup), case.weights(setup))
    batches = _batches()
    weights = program.weights()
    outputs = program.predict_outputs(inputs)
    gradients = program.gradients(device_rows, batches[0])
    metrics = _metrics(program.train(device_rows, batches))
    evaluation = _metrics(program.evaluate(device_rows, batches))
    trained, state = program.weights(), _slots(program)
    program.use_average_weights()
    ended = program.weights()
    return Trajectory(weights, outputs, gradients, metrics, evaluation, trained, state, ended)


def _slots(program: Program) -> dict[str, Array]:
    """Each slot of each weight."""
    slots = program.state().slots.items()
    return {f"{slot} of {name}": array for slot, of in slots for name, array in of.items()}


def _metrics(metrics: BatchMetrics) -> dict[str, Array]:
    """The sums of each batch, and the results of all batches."""
    results = {f"{name} of all batches": np.array(r) for name, r in metrics.results.items()}
    return {**metrics.sums, **results}


def program_of(
    graph: Graph,
    setup: TrainingSetup,
    backend: str,
    precision: Precision = "float64",
    seed: int = 0,
) -> Program:
    """Build a program with its initial weights."""
    program = discovery.build_program(graph, setup, ComputeConfig(backend, precision, seed=seed))
    program.set_weights(initial_weights.initial_weights(graph, seed))
    return program


def _check_equal(what: str, actual: object, expected: object) -> None:
    if actual != expected:
        raise DifferenceError(f"{what}: {actual}, expected {expected}")


def _check_close(what: str, actual: Array, expected: Array) -> None:
    _check_equal(f"the shape of {what}", actual.shape, expected.shape)
    largest = max(float(np.abs(expected).max(initial=0)), 1.0)
    off = float(np.abs(actual - expected).max(initial=0)) / largest
    if not off <= TOLERANCE:  # NaN is a difference too
        raise DifferenceError(f"{what}: off by {off:.1e} of the largest value")


def _check_all_close(what: str, actual: Mapping[str, Array], expected: Mapping[str, Array]) -> None:
    _check_equal(f"the names ({what})", list(actual), list(expected))
    for name, array in actual.items():
        _check_close(f"{what} {name}", array, expected[name])
