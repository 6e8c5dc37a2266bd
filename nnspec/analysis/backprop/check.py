"""Comparison of a backend's gradients for one row with backpropagation by explicit formulas."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop import layers, losses
from nnspec.analysis.backprop.trace import Backprop, backprop, without_noise
from nnspec.backends import discovery
from nnspec.backends.arrays import named, take
from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.components.optimizers.sgd import SGD
from nnspec.compute import ComputeConfig
from nnspec.data.rows import Rows
from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.graph.objectives import Objective, objectives
from nnspec.parity.compare import TOLERANCES
from nnspec.runs.weights import InputRow, NetworkWithWeights
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_rows
from nnspec.training.rule_check import check_rules


class BackpropCheck(NamedTuple):
    """Formula-based backpropagation of one row, and a backend's relative gradient difference."""

    graph: Graph  # without the layers that are random in training
    trace: Backprop
    compute: ComputeConfig
    difference: float  # largest absolute difference of a gradient / largest absolute gradient

    @property
    def agrees(self) -> bool:
        """Whether the difference is within the rounding tolerance of the precision."""
        return self.difference <= TOLERANCES[self.compute.precision].gradient


def check_backprop(
    network: NetworkWithWeights, row: InputRow, compute: ComputeConfig
) -> BackpropCheck:
    """Compute one row's gradients by formulas and on a backend, and compare them.

    Raises SpecError if the spec has no loss, no trained weight, or a component without a formula.
    """
    spec, weights = network.spec, network.weights
    targets = _objectives(spec, network.graph)
    graph = without_noise(lower(network.graph))
    check_rules(spec, network.graph, compute)
    _check_formulas(spec, graph, targets)
    rows = checked_rows(row.rows, spec, graph, compute)
    x = named(take(rows.inputs, 0), graph.inputs)
    y = named(take(rows.targets, 0), [objective.output for objective in targets])
    trace = backprop(graph, targets, weights, x, y)
    expected = _gradients(graph, targets, weights, rows, compute)
    return BackpropCheck(graph, trace, compute, _difference(trace.gradients, expected))


def _gradients(
    graph: Graph, targets: tuple[Objective, ...], weights: Weights, rows: Rows,
    compute: ComputeConfig,
) -> Weights:  # fmt: skip
    program = discovery.build_program(graph, TrainingSetup(targets, SGD()), compute)
    program.set_weights(weights)
    with np.errstate(all="ignore"):
        return program.gradients(program.upload(rows.inputs, rows.targets), np.arange(1))


def _difference(found: Weights, expected: Weights) -> float:
    """max |found - expected| / max |expected|; NaN if a number is not finite."""
    with np.errstate(all="ignore"):
        scale = np.max([np.abs(g).max() for g in expected.values()])
        error = np.max([np.abs(found[name] - g).max() for name, g in expected.items()])
        return float(error / (scale or 1.0))


def _objectives(spec: Spec, graph: Graph) -> tuple[Objective, ...]:
    found = objectives(spec, graph)
    if not found:
        place = spec.place_of_missing()
        raise SpecError(Problem("the spec has no loss", place, "add loss: mean_squared_error"))
    return found


def _check_formulas(spec: Spec, graph: Graph, targets: tuple[Objective, ...]) -> None:
    """Raise SpecError for components without a formula, or without a trained weight."""
    unknown = [node for node in graph.nodes if not layers.has_formula(node.layer)]
    problems = [_missing_formula(spec, node.layer.kind, *node.path) for node in unknown]
    problems += [
        _missing_formula(spec, objective.loss.kind, *objective.path)
        for objective in targets
        if not losses.has_formula(objective.loss)
    ]
    if not any(weight.trainable for _, weight in graph.weights()):
        problems.append(Problem("the network has no weight to train", spec.locate("network")))
    if problems:
        raise SpecError(problems)


def _missing_formula(spec: Spec, kind: str, *path: str | int) -> Problem:
    return Problem(f"backprop has no formula by hand for {kind}", spec.locate(*path))
