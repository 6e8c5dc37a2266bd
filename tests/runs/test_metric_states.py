"""Metrics' states survive a checkpoint to the last bit, whatever they are made of."""

from __future__ import annotations

import json
import math
from typing import Any, NamedTuple

import numpy as np
import pytest

from nnspec.components.metrics.base import Metric
from nnspec.options import registry
from nnspec.options.validation import read_component
from nnspec.runs.metric_states import StateReader, StateWriter


class Pair(NamedTuple):
    """A named tuple beside a metric."""

    first: Any
    second: Any


class Kept(Metric, kind="test_kept"):
    """A metric whose states are whatever a test wants."""

    def update(self, predictions, targets):
        """What a batch gives."""
        return predictions

    def merge(self, first, second):
        """Both."""
        return first

    def result(self, state):
        """Nothing."""
        return 0.0


def kept(metric, states):
    """States after they were written and read."""
    writer = StateWriter()
    text = json.dumps([writer.tree(metric, state) for state in states])
    reader = StateReader(writer.bytes())
    return [reader.state(metric, tree) for tree in json.loads(text)]


def same(first, second):
    """Whether two values have equal types and bits."""
    if type(first) is not type(second):
        return False
    if isinstance(first, np.ndarray | np.generic):
        a, b = np.asarray(first), np.asarray(second)
        return (a.dtype, a.shape, a.tobytes()) == (b.dtype, b.shape, b.tobytes())
    if isinstance(first, list | tuple):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, dict):
        return same([*first.items()], [*second.items()])
    return first == second or (first != first and second != second)


@pytest.mark.parametrize(
    "state",
    [
        0.1, math.nan, -math.inf, 5e-324, 3, 2**70, True, None, "text", [], (), {"a": [1, (2.5,)]},
        Pair([Pair(1, None)], (np.float32(0.1), np.int64(7))), np.zeros((0, 3)),
        np.array([[math.nan, 0.1]], np.float32), np.array([True, False]), np.array(5, np.int8),
        np.arange(6.0).reshape(2, 3).T,
    ],
    ids=repr,
)  # fmt: skip
def test_a_state_is_read_as_it_was_written(state):
    assert all(map(same, [state, state], kept(Kept(), [state, state])))


@pytest.mark.parametrize("state", [object(), {1, 2}, np.array([None]), 1j])
def test_what_cannot_be_stored_is_an_error_of_the_metric(state):
    with pytest.raises(TypeError, match="a state of"):
        StateWriter().tree(Kept(), state)


def test_no_class_but_a_named_tuple_beside_the_metric_is_made():
    for name in ("Kept", "Metric", "Any", "json", "nonsense"):
        with pytest.raises(ValueError, match=f"no named tuple {name}"):
            StateReader(np.empty(0, np.uint8)).state(Kept(), {name: []})


def stateful():
    """Each metric of nnspec's own with a state, and predictions and targets that it takes."""
    rng = np.random.default_rng(0)
    for kind in registry.kinds("metric"):
        found = registry.find("metric", kind)
        if not issubclass(found, Metric) or not found.has_state() or kind.startswith("test_"):
            continue  # a loss, a mean over rows, or of another test
        several = kind in ("top_k_categorical_accuracy",)
        shape = (8, 9) if several else (8, 1)
        targets = np.eye(9)[rng.integers(0, 9, 8)] if several else rng.integers(0, 2, shape)
        yield pytest.param(kind, rng.uniform(size=shape), targets * 1.0, id=kind)


@pytest.mark.parametrize(("kind", "predictions", "targets"), list(stateful()))
def test_of_each_metric_the_result_is_the_same(kind, predictions, targets):
    metric = read_component("metric", kind)
    states = [metric.update(predictions[part], targets[part]) for part in np.split(np.arange(8), 2)]
    whole, again = (metric.result(metric.merge(*some)) for some in (states, kept(metric, states)))
    assert same(whole, again)
