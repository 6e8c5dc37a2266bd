"""Checkpoints of a run: two files, of which one is whole at any moment.

    checkpoint/state.safetensors     the newest
    checkpoint/previous.safetensors  the one before
    checkpoint/step-<n>.safetensors  those that the spec asks to keep: kept_checkpoints.py

A new one is written beside them, as `new.safetensors`; then the newest becomes the one before, and
the new one the newest. So whenever a process is killed, one that was whole is there still. Each has
the SHA-256 of its content, and what it was computed from.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from nnspec.backends.contract import Weights, host_metrics
from nnspec.components.metrics.base import Metric
from nnspec.errors import RunError, visible
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective
from nnspec.runs import atomic_files
from nnspec.runs.file_names import CHECKPOINTS, NEWEST_CHECKPOINT
from nnspec.runs.kept_checkpoints import kept_path, kept_steps
from nnspec.runs.training_tensors import from_tensors, to_tensors
from nnspec.runs.verified_tensors import read_verified_tensors, write_verified_tensors
from nnspec.runs.weight_files import strip_prefix, validate_weights
from nnspec.training.state import TrainingState

_PREVIOUS = "previous.safetensors"
_NEW = "new.safetensors"  # it is whole, and gets another name
_FORMAT = "nnspec checkpoint 1"


class Provenance(NamedTuple):
    """What a training is computed from, and in which precision."""

    spec: str  # the resolved spec as JSON
    precision: str
    data_sha256: str


class Checkpoint(NamedTuple):
    """What a file of a checkpoint holds."""

    path: Path
    provenance: Provenance
    tensors: Weights
    text: str

    def state(self, graph: Graph, objectives: Sequence[Objective]) -> TrainingState:
        """The state of the training; a RunError where it is not one of the graph."""
        metrics = {named.name: named.metric for o in objectives for named in host_metrics(o)}
        stateful = {n: metric for n, metric in metrics.items() if isinstance(metric, Metric)}
        try:
            state = from_tensors(self.tensors, self.text, stateful)
        except (ValueError, KeyError, TypeError, AttributeError):
            reason = "it does not fit the metrics in spec.yaml"
            raise RunError(f"{visible(str(self.path))} cannot be read: {reason}") from None

        def valid(weights: Weights) -> Weights:
            return validate_weights(graph, weights, self.path)

        return state._replace(
            weights=valid(state.weights),
            best=state.best and valid(state.best),
            best_checkpoint=state.best_checkpoint and valid(state.best_checkpoint),
        )

    def weights(self, graph: Graph) -> Weights:
        """The weights in the graph's order; a RunError where they are not those of the graph."""
        return validate_weights(graph, strip_prefix(self.tensors, "weights/"), self.path)


def write_checkpoint(run: Path, state: TrainingState, provenance: Provenance) -> None:
    """Write the state of a training as the newest checkpoint of a run; keep the one before.

    Raises RunError, and leaves the checkpoints that there are, where the disk is full.
    """
    folder = run / CHECKPOINTS
    tensors, text = to_tensors(state)
    metadata = {"format": _FORMAT, "training": text, **provenance._asdict()}
    write_verified_tensors(folder / _NEW, tensors, metadata)
    try:
        with contextlib.suppress(FileNotFoundError):
            (folder / NEWEST_CHECKPOINT).replace(folder / _PREVIOUS)
        (folder / _NEW).replace(folder / NEWEST_CHECKPOINT)
        atomic_files.sync_folder(folder)
    except OSError as error:
        where = visible(str(folder / NEWEST_CHECKPOINT))
        raise RunError(f"cannot write {where}: {error.strerror}") from None


def read_checkpoint(run: Path, on_note: Callable[[str], None]) -> Checkpoint | None:
    """The newest checkpoint of a run that is whole; None where it has none yet.

    `on_note` is told of one that is damaged. Raises RunError where none is whole.
    """
    damage: list[str] = []
    for path in _paths(run):
        try:
            found = read_checkpoint_file(path)
        except RunError as error:
            if path.exists():  # and was not given another name by a process that writes it
                damage.append(error.problems[0].message)
            continue
        for message in damage:
            on_note(f"{message}; the checkpoint before it is taken")
        return found
    if damage:
        hint = "no checkpoint before it is whole; run the spec again"
        raise RunError(damage[0], hint)
    return None


def clean(run: Path) -> None:
    """Make the folder of the checkpoints, and remove files that a killed process did not finish.

    No other process may be writing the run.
    """
    atomic_files.make_folder(run / CHECKPOINTS)
    for folder in (run, run / CHECKPOINTS):
        for path in folder.glob(".*.part"):
            path.unlink(missing_ok=True)


def _paths(run: Path) -> Iterator[Path]:
    """The checkpoints that there are, the newest first."""
    names = (run / CHECKPOINTS / name for name in (_NEW, NEWEST_CHECKPOINT, _PREVIOUS))
    kept = (kept_path(run, step) for step in kept_steps(run))
    return (path for path in (*names, *kept) if path.exists())


def read_checkpoint_file(path: Path) -> Checkpoint:
    """The checkpoint in a file; a RunError where it is not whole."""
    tensors, metadata = read_verified_tensors(path)
    if metadata.get("format") != _FORMAT:
        raise RunError(f"{visible(str(path))} was written by another version of nnspec")
    try:
        provenance = Provenance(**{name: metadata[name] for name in Provenance._fields})
        return Checkpoint(path, provenance, tensors, metadata["training"])
    except KeyError:
        raise RunError(f"{visible(str(path))} is damaged: it lacks what it is of") from None
