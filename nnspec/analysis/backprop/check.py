"""A spec's network worked through for a row, and held against a backend's own gradients."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.analysis.backprop import layers, losses
from nnspec.analysis.backprop.trace import Backprop, backprop, without_noise
from nnspec.backends import discovery
from nnspec.backends.contract import TrainingSetup, Weights
from nnspec.components.losses.base import Loss
from nnspec.components.optimizers.sgd import SGD
from nnspec.compute import ComputeConfig
from nnspec.data.sources import Rows
from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph
from nnspec.parity.compare import TOLERANCES
from nnspec.runs.weights import InputRow, NetworkWithWeights
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_rows
from nnspec.training.rule_check import check_rules


class BackpropCheck(NamedTuple):
    """What came out by hand, and how far a backend is from it."""

    graph: Graph  # without the layers that are random in training
    loss: Loss
    found: Backprop
    compute: ComputeConfig
    difference: float  # the largest of any gradient, relative to the largest number of all

    @property
    def agrees(self) -> bool:
        """Whether they differ by no more than rounding."""
        return self.difference <= TOLERANCES[self.compute.precision].gradient


def check_backprop(
    subject: NetworkWithWeights, row: InputRow, compute: ComputeConfig
) -> BackpropCheck:
    """Forward and backward by hand and on a backend.

    Raises SpecError where the spec has no loss, no trained weight, or a part without a formula.
    """
    loss, graph = _loss(subject.spec), without_noise(subject.graph)
    check_rules(subject.spec, subject.graph, compute)
    _refuse(subject.spec, graph, loss)
    table = checked_rows(row.rows, subject.spec, graph, compute)
    found = backprop(graph, loss, subject.weights, table.inputs[0], table.targets[0])
    expected = _gradients(graph, loss, subject.weights, table, compute)
    return BackpropCheck(graph, loss, found, compute, _difference(found.gradients, expected))


def _gradients(
    graph: Graph, loss: Loss, weights: Weights, table: Rows, compute: ComputeConfig
) -> Weights:
    program = discovery.build_program(graph, TrainingSetup(loss, SGD()), compute)
    program.set_weights(weights)
    with np.errstate(all="ignore"):
        return program.gradients(program.upload(*table), np.arange(1))


def _difference(found: Weights, expected: Weights) -> float:
    """The largest difference by the largest number; NaN where not every number is finite."""
    with np.errstate(all="ignore"):
        scale = np.max([np.abs(gradient).max() for gradient in expected.values()])
        off = np.max([np.abs(found[name] - gradient).max() for name, gradient in expected.items()])
        return float(off / (scale or 1.0))


def _loss(spec: Spec) -> Loss:
    if spec.loss is None:
        raise SpecError(Problem("the spec has no loss", hint="add loss: mean_squared_error"))
    return spec.loss


def _refuse(spec: Spec, graph: Graph, loss: Loss) -> None:
    unknown = [node for node in graph.nodes if not layers.has_formula(node.layer)]
    problems = [_without_formula(spec, node.layer.kind, *node.path) for node in unknown]
    if not losses.has_formula(loss):
        problems.append(_without_formula(spec, loss.kind, "loss"))
    if not any(weight.trainable for _, weight in graph.weights()):
        problems.append(Problem("the network has no weight to train", spec.locate("network")))
    if problems:
        raise SpecError(problems)


def _without_formula(spec: Spec, kind: str, *path: str | int) -> Problem:
    return Problem(f"backprop has no formula by hand for {kind}", spec.locate(*path))
