"""A case of the conformance suite: a small network with losses and an optimizer, and its data."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import TrainingSetup
from nnspec.components.metrics.base import Metric
from nnspec.components.targets import are_numbers
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import NamedMetric, Objective, objectives
from nnspec.options.validation import read_component
from nnspec.randomness import philox
from nnspec.spec.document import Spec
from nnspec.spec.loader import build

ROWS = 7

_NONE: Mapping[str, Any] = MappingProxyType({})


class Case(NamedTuple):
    """A small network with losses and an optimizer, as plain values of a spec.

    `whole_numbers` says of an input of whole numbers how many there are, from 0. `host_metrics` are
    metrics with a state, by the names of outputs. With `row_weights` the losses of the last output
    are weighted.
    """

    name: str
    network: Mapping[str, Any]
    loss: Any = "half_squared_error"
    optimizer: Any = "sgd"
    loss_weights: Mapping[str, float] | None = None
    metrics: Any = ()
    whole_numbers: Mapping[str, int] = _NONE
    host_metrics: Mapping[str, Metric] = _NONE
    row_weights: bool = False

    def __str__(self) -> str:
        return self.name

    def spec(self) -> Spec:
        """The spec of the case."""
        values = {
            "name": "case", "network": self.network, "loss": self.loss,
            "optimizer": self.optimizer, "metrics": self.metrics,
        }  # fmt: skip
        if self.loss_weights is not None:
            values["loss_weights"] = self.loss_weights
        return build(values)

    def graph(self) -> Graph:
        """Compile the network."""
        return compile_spec(self.spec())

    def setup(self) -> TrainingSetup:
        """Build the objectives and the optimizer."""
        optimizer = read_component("optimizer", self.optimizer)
        made = map(self._with_host_metric, objectives(self.spec(), self.graph()))
        return TrainingSetup(tuple(made), optimizer)  # type: ignore[arg-type]

    def is_exact(self) -> bool:
        """Whether all layers, losses and the optimizer say that precision `exact` holds."""
        setup = self.setup()
        layers = [node.layer for node in self.graph().nodes]
        losses = [objective.loss for objective in setup.objectives]
        return all(part.exact for part in [*layers, *losses, setup.optimizer])

    def _with_host_metric(self, objective: Objective) -> Objective:
        metric = self.host_metrics.get(objective.output)
        if metric is None:
            return objective
        named = NamedMetric(f"{objective.output}_host_metric", metric)
        return objective._replace(metrics=(*objective.metrics, named))

    def inputs(self, graph: Graph) -> dict[str, Array]:
        """Inputs without ties and away from kinks; whole numbers where the input is such."""
        return {name: self._input(graph, name) for name in graph.inputs}

    def _input(self, graph: Graph, name: str) -> Array:
        spec = graph.inputs[name]
        count = ROWS * prod(spec.shape)
        order = philox.permutation(count, "conformance", *self._key(graph.inputs, name))
        if not spec.is_float:
            return (order % self.whole_numbers[name]).reshape(ROWS, *spec.shape)
        return ((order - count / 2 + 0.25) * 3 / count).reshape(ROWS, *spec.shape)

    def targets(self, graph: Graph, setup: TrainingSetup) -> dict[str, Array]:
        """Targets that are valid for the losses."""
        return {o.output: self._target(graph, o) for o in setup.objectives}

    def _target(self, graph: Graph, objective: Objective) -> Array:
        shape = (ROWS, *graph.specs[graph.outputs[objective.output]].shape)
        if objective.loss.targets == "class_numbers":
            return np.arange(ROWS) % shape[-1]
        if not are_numbers(objective.loss.targets):  # one-hot rows suit all
            return np.eye(shape[-1])[np.arange(ROWS) % shape[-1]]
        key = self._key(graph.outputs, objective.output)
        numbers = philox.normal(prod(shape), "conformance", *key).reshape(shape)
        return numbers if objective.loss.targets == "any" else np.abs(numbers)

    def weights(self, setup: TrainingSetup) -> dict[str, Array]:
        """The weights of the rows of outputs: from 0 on, one of them 0."""
        output = setup.objectives[-1].output
        order = philox.permutation(ROWS, "conformance", self.name, "weights")
        return {output: order * 0.375} if self.row_weights else {}

    def _key(self, names: Mapping[str, object], name: str) -> tuple[str, ...]:
        """The key of the numbers of an input or output: of the only one it is the case's name."""
        return (self.name,) if len(names) == 1 else (self.name, name)
