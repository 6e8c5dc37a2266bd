"""What the rules of a diagnosis look at: the failing update, traced, and the data."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, cast

import numpy as np

from nnspec.backends import discovery
from nnspec.backends.arrays import Array, Arrays, named
from nnspec.backends.contract import State, Weights
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.backends.numpy.reference.traced_pass import TracedStep, traced_step
from nnspec.components.optimizers.base import Optimizer
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.ir import Graph, Node
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.document import Spec
from nnspec.training.diagnosis.replay import FailingUpdate
from nnspec.training.session import TrainingSession, training_setup

GROWN = 100  # times as large as they were at the start are weights that updates have enlarged
SANE = 1e6  # beyond it a value of a network is out of the ordinary


class Evidence:
    """The failing update of a training, computed again by the reference engine."""

    def __init__(
        self, session: TrainingSession, failing: FailingUpdate, compute: ComputeConfig
    ) -> None:
        self.session, self.failing, self.compute = session, failing, compute
        self.limit = float(np.finfo(compute.dtype).max)

    @property
    def spec(self) -> Spec:
        """The spec that is trained."""
        return self.session.spec

    @property
    def graph(self) -> Graph:
        """The network, as the spec has it."""
        return self.session.graph

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer; None of a closed form."""
        optimizer = self.spec.optimizer
        return optimizer if isinstance(optimizer, Optimizer) else None

    @cached_property
    def exact(self) -> TracedStep:
        """The failing update in float64."""
        return self._trace("float64", self.failing.weights, self.failing.state)

    @cached_property
    def own(self) -> TracedStep:
        """The failing update in the precision of the run."""
        precision: Precision = "float32" if self.compute.dtype == np.float32 else "float64"
        if precision == "float64":
            return self.exact
        return self._trace(precision, self.failing.weights, self.failing.state)

    @cached_property
    def start(self) -> TracedStep:
        """The failing batch in float64 with the initial weights."""
        return self._trace("float64", self.initial, None)

    @cached_property
    def initial(self) -> Weights:
        """The initial weights; where a run that began with those of another goes on, as drawn."""
        drawn = initial_weights(self.graph, self.spec.train.seed)
        return {**drawn, **self.session.given_weights}

    @cached_property
    def growth(self) -> float:
        """The norm of all weights before the update, divided by that of the initial ones, or 1."""
        return _norm(self.failing.weights) / max(1.0, _norm(self.initial))

    @property
    def is_grown(self) -> bool:
        """Whether updates have made the weights much larger."""
        return self.growth > GROWN

    @cached_property
    def inputs(self) -> Arrays:
        """The inputs of the batch by name."""
        return named(self.failing.rows.inputs, self.graph.inputs)

    @cached_property
    def targets(self) -> Arrays:
        """The targets of the batch by the names of outputs."""
        setup = training_setup(self.spec, self.graph)
        return named(self.failing.rows.targets, [one.output for one in setup.objectives])

    def first_overflow(self, step: TracedStep) -> Node | None:
        """The first node with a value that is not finite, or too large for the run's precision."""
        return next((node for node in step.graph.nodes if largest(step, node) > self.limit), None)

    def _trace(self, precision: Precision, weights: Weights, state: State | None) -> TracedStep:
        compute = ComputeConfig("numpy:reference", precision, seed=self.spec.train.seed)
        setup = training_setup(self.spec, self.graph)
        built = discovery.build_program(self.graph, setup, compute)
        program = cast("NumpyProgram", built)
        program.set_weights(weights)
        if state is not None and self.optimizer:
            program.set_state(state)
        rate = self.failing.rate
        with np.errstate(all="ignore"):
            return traced_step(
                program, self.inputs, self.targets, self.failing.row_weights,
                [setup.optimizer.rate(0) if rate is None else rate],
            )  # fmt: skip


class LayerRange(NamedTuple):
    """A layer of the spec: its name, a node with its weights, the largest value that it gives."""

    layer: str
    node: Node
    largest: float


def layer_ranges(step: TracedStep) -> Iterator[LayerRange]:
    """The layers of a traced step in their order; values are those after their activation."""
    nodes: dict[str, list[Node]] = {}
    for node in step.graph.nodes:
        if node.output_specs[0].is_float:
            nodes.setdefault(node.origin, []).append(node)
    for origin, own in nodes.items():
        weighted = next((node for node in own if node.weights), own[-1])
        yield LayerRange(origin, weighted, largest(step, own[-1]))


def largest(step: TracedStep, node: Node) -> float:
    """The largest absolute value that a node gives; infinity where one is not finite."""
    return max(magnitude(step.values[value]) for value in node.outputs)


def largest_input(step: TracedStep, node: Node) -> float:
    """The largest absolute value that a node reads."""
    return max(magnitude(step.values[value]) for value in node.inputs)


def magnitude(array: Array) -> float:
    """The largest absolute value; infinity where one is not finite, 0 of no numbers."""
    if not array.size:
        return 0.0
    found = float(np.abs(np.asarray(array, np.float64)).max())
    return found if np.isfinite(found) else float("inf")


def _norm(weights: Weights) -> float:
    with np.errstate(over="ignore"):
        return float(np.sqrt(sum(np.square(w.astype(np.float64)).sum() for w in weights.values())))
