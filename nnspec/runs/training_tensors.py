"""The state of a training as named arrays and a JSON text, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import BatchMetrics, MetricStates, State, Weights
from nnspec.components.metrics.base import Metric
from nnspec.runs.metric_states import StateReader, StateWriter
from nnspec.runs.weight_files import strip_prefix
from nnspec.training.history import Epoch
from nnspec.training.state import TrainingState

Metrics = Mapping[str, Metric]  # those with states, by name
_STATES = "batches/states"


def to_tensors(state: TrainingState) -> tuple[dict[str, Array], str]:
    """The arrays, by names that begin with what they are, and all the rest as JSON."""
    tensors = {f"weights/{name}": array for name, array in state.weights.items()}
    tensors |= {f"best/{name}": array for name, array in (state.best or {}).items()}
    of_best = (state.best_checkpoint or {}).items()
    tensors |= {f"best_checkpoint/{name}": array for name, array in of_best}
    for key, arrays in state.callbacks.items():
        tensors |= {f"callbacks/{key}/{name}": array for name, array in arrays.items()}
    for slot, arrays in state.optimizer.slots.items():
        tensors |= {f"slots/{slot}/{name}": array for name, array in arrays.items()}
    of_epochs, names = _epoch_columns(state.epochs)
    of_batches, states = _batch_columns(state.batches)
    seconds = {"seconds": state.seconds.hex(), "elapsed": state.elapsed.hex()}
    values = {"step": state.optimizer.step, **seconds, "epochs": names, "batches": states}
    return {**tensors, **of_epochs, **of_batches}, json.dumps(values)


def from_tensors(tensors: Weights, text: str, metrics: Metrics) -> TrainingState:
    """The state that arrays and a text describe; its weights may be those of any graph.

    Raises ValueError, KeyError or TypeError where they do not fit each other or the metrics.
    """
    values = json.loads(text)
    slots, callbacks = (_nested(strip_prefix(tensors, f"{of}/")) for of in ("slots", "callbacks"))
    return TrainingState(
        strip_prefix(tensors, "weights/"),
        State(int(values["step"]), slots),
        tuple(_epochs(strip_prefix(tensors, "epochs/"), values["epochs"])),
        _batches(strip_prefix(tensors, "batches/"), values["batches"], metrics),
        float.fromhex(values["seconds"]),
        strip_prefix(tensors, "best/") or None,
        float.fromhex(values.get("elapsed", "0x0p+0")),
        strip_prefix(tensors, "best_checkpoint/") or None,
        callbacks,
    )


def _nested(tensors: Weights) -> dict[str, dict[str, Array]]:
    """Arrays by the first part of their names, then by the rest."""
    found: dict[str, dict[str, Array]] = {}
    for name, array in tensors.items():
        first, _, rest = name.partition("/")
        found.setdefault(first, {})[rest] = array
    return found


def _epoch_columns(epochs: Sequence[Epoch]) -> tuple[dict[str, Array], dict[str, Any]]:
    """A column for each metric of the epochs, and the metrics' names in their order."""
    columns: dict[str, Array] = {}
    if not epochs:
        return columns, {}
    columns["epochs/seconds"] = _floats(epoch.seconds for epoch in epochs)
    names = {"train": list(epochs[0].metrics)}
    for name in names["train"]:
        columns[f"epochs/train/{name}"] = _floats(epoch.metrics[name] for epoch in epochs)
    validated = [epoch.validation for epoch in epochs if epoch.validation is not None]
    if validated:
        columns["epochs/validated"] = np.array([e.validation is not None for e in epochs], np.uint8)
        names["validation"] = list(validated[0])
        for name in names["validation"]:
            columns[f"epochs/validation/{name}"] = _floats(one[name] for one in validated)
    for name in epochs[0].columns or {}:
        names.setdefault("callbacks", []).append(name)
        columns[f"epochs/callbacks/{name}"] = _floats((e.columns or {})[name] for e in epochs)
    return columns, names


def _epochs(columns: Weights, names: Mapping[str, Sequence[str]]) -> Iterable[Epoch]:
    if not names:
        return
    seconds = columns["seconds"].tolist()
    metrics = _rows(columns, "train", names["train"])
    validation = _rows(columns, "validation", names.get("validation", ()))
    added = _rows(columns, "callbacks", names.get("callbacks", ()))
    validated = columns.get("validated", np.full(len(seconds), "validation" in names)).tolist()
    for index, (took, has_validation) in enumerate(zip(seconds, validated, strict=True)):
        found = next(validation) if has_validation else None
        yield Epoch(index + 1, next(metrics), took, found, next(added, None))


def _rows(columns: Weights, part: str, names: Sequence[str]) -> Iterator[dict[str, float]]:
    """The metrics of each epoch of which columns of a part have them."""
    values = [columns[f"{part}/{name}"].tolist() for name in names]
    return (dict(zip(names, row, strict=True)) for row in zip(*values, strict=True))


def _batch_columns(batches: BatchMetrics | None) -> tuple[dict[str, Array], dict[str, Any] | None]:
    """The rows and the sums of batches, and the states of their metrics."""
    if batches is None:
        return {}, None
    columns: dict[str, Array] = {"batches/rows": np.array(batches.rows, np.int64)}
    columns |= {f"batches/sums/{name}": sums for name, sums in batches.sums.items()}
    writer, states = StateWriter(), {}
    for name, (metric, found) in batches.states.items():
        states[name] = [writer.tree(metric, state) for state in found]
    columns |= {_STATES: writer.bytes()} if states else {}
    return columns, {"sums": list(batches.sums), "states": states}


def _batches(columns: Weights, values: Any, metrics: Metrics) -> BatchMetrics | None:
    if values is None:
        return None
    states = {}
    if values["states"]:
        reader = StateReader(columns["states"])
        for name, trees in values["states"].items():
            found = tuple(reader.state(metrics[name], tree) for tree in trees)
            states[name] = MetricStates(metrics[name], found)
    sums = {name: columns[f"sums/{name}"] for name in values["sums"]}
    return BatchMetrics(tuple(columns["rows"].tolist()), sums, states)


def _floats(values: Iterable[float]) -> Array:
    return np.array(list(values), np.float64)
