"""Metrics that are computed on the host, from the predictions of each batch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

from nnspec.backends.arrays import Arrays
from nnspec.backends.contract import MetricStates, TrainingSetup, host_metrics
from nnspec.components.metrics.base import Metric


class HostMetrics:
    """States of the metrics that are computed on the host, batch by batch."""

    def __init__(self, setup: TrainingSetup) -> None:
        self.metrics = {o.output: host_metrics(o) for o in setup.objectives if host_metrics(o)}
        self.states: dict[str, MetricStates] = {}

    @property
    def outputs(self) -> tuple[str, ...]:
        """The outputs whose predictions it needs; none if no metric has a state."""
        return tuple(self.metrics)

    def update(self, predictions: Arrays, targets: Arrays) -> None:
        """Add a batch: predictions and targets of each of `outputs`."""
        for output, metrics in self.metrics.items():
            for name, metric, _ in metrics:
                assert isinstance(metric, Metric)  # noqa: S101
                known = self.states.get(name, MetricStates(metric, ()))
                y = targets[output]
                state = metric.update(predictions[output], y) if len(y) else None
                self.states[name] = known._replace(states=(*known.states, state))

    def merge_last(self, parts: int) -> None:
        """Make one state of those of the last batches, which are parts of one batch."""
        for name, known in self.states.items():
            whole = _merged(known.metric, known.states[-parts:])
            self.states[name] = known._replace(states=(*known.states[:-parts], whole))

    @staticmethod
    def merged(shares: Sequence[dict[str, MetricStates]]) -> dict[str, MetricStates]:
        """The states of batches, of which each of several processes has those of its rows."""
        first = shares[0] if shares else {}
        return {
            name: MetricStates(metric, tuple(
                _merged(metric, states)
                for states in zip(*(share[name].states for share in shares), strict=True)
            ))
            for name, (metric, _) in first.items()
        }  # fmt: skip


def _merged(metric: Metric, states: Sequence[Any]) -> Any:
    """One state of several, in their order; that of no rows is None."""
    return reduce(metric.merge, [state for state in states if state is not None])
