"""A training step of the reference engine of which every intermediate result is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, Arrays
from nnspec.backends.contract import Rates, Weights, require_setup
from nnspec.backends.host_metrics import HostMetrics
from nnspec.backends.numpy.evaluation import last_axis_outermost
from nnspec.backends.numpy.losses.formula import row_means
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.backends.numpy.reference.engine import ReferenceEngine
from nnspec.graph.ir import Graph


class TracedStep(NamedTuple):
    """What an update computes, in the order of its parts; `graph` is the one that is trained.

    `values` (rows, *shape) are those of the nodes, `losses` (rows, ...) of each output before row
    weights, `gradients` of the trained weights, `weights` all of them after the update.
    """

    graph: Graph
    values: Arrays
    losses: Arrays
    penalty: float
    loss: float
    gradients: Weights
    weights: Weights


def traced_step(
    program: NumpyProgram, inputs: Arrays, targets: Arrays, row_weights: Arrays, rates: Rates
) -> TracedStep:
    """Make an update of a program of the reference engine with all rows, and trace it."""
    engine = program.engine
    if not isinstance(engine, ReferenceEngine):
        raise TypeError("only the reference engine is traced")
    rows = program.upload(inputs, targets, row_weights)
    batch = np.arange(len(next(iter(rows.inputs.values()))))
    buffers = program.store.buffers.flat.copy()  # running statistics, which a pass updates
    values: dict[str, Array] = dict(rows.inputs)
    for node, forward in engine.training_network.steps:
        result, _ = forward(*(values[value] for value in node.inputs))
        several = result if isinstance(result, tuple) else (result,)
        values.update(zip(node.outputs, several, strict=True))
    graph = engine.evaluator.training_graph
    program.store.buffers.flat[:] = buffers
    losses = {
        name: _element_losses(engine, name, values[value], rows.targets[name])
        for name, value in graph.outputs.items()
    }
    penalty = engine.penalty.value()
    host = HostMetrics(require_setup(program.setup))
    sums = engine.penalized_loss_and_gradients(rows, batch, host)
    gradients = program.store.gradients.copies()
    engine.update(rates[0])
    program.store.advance()
    loss = sums[0] / len(batch)
    return TracedStep(graph, values, losses, penalty, loss, gradients, program.weights())


def _element_losses(engine: ReferenceEngine, name: str, outputs: Array, targets: Array) -> Array:
    """The loss of each row of an output."""
    formula = engine.evaluator.outputs[name].formula
    elements = formula.elements(last_axis_outermost(outputs), last_axis_outermost(targets))
    return row_means(elements)
