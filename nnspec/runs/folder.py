"""The run folder: files to evaluate, predict with, resume or reproduce a run.

Formats: YAML, JSON, CSV and safetensors; nothing is ever unpickled.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save as save_tensors

from nnspec.backends.contract import State, Weights
from nnspec.components.schedules.base import EpochMetrics
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.errors import RunError, visible
from nnspec.graph.ir import Graph
from nnspec.language import writer as writer_module
from nnspec.options.component import to_plain
from nnspec.runs import atomic_files
from nnspec.runs.weight_files import STEP, read_tensors, strip_prefix, validate_weights
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.loop import Epoch

_NUMBER = re.compile("[1-9][0-9]{0,17}")
History = dict[str, list[float]]


class RunFolder:
    """The files of a run, in the folder `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, out: Path, name: str) -> RunFolder:
        """Make the folder `<out>/<name>/<number>`, with the first free number."""
        parent = out / name
        atomic_files.make_folder(parent)
        try:
            path = _make_numbered_folder(parent, max(_run_numbers(parent), default=0) + 1)
        except OSError as error:
            where = visible(str(parent))
            raise RunError(f"cannot make a run folder in {where}: {error.strerror}") from None
        atomic_files.make_folder(path / "checkpoint")
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """Open a run folder, or the newest run in a folder of numbered runs."""
        if not _is_run(path):
            path = _newest(path) or path
        if not _is_run(path):
            raise RunError(f"{visible(str(path))} is no run folder", "it has no spec.yaml")
        return cls(path)

    def write_spec(self, spec: Spec) -> None:
        """Write `spec.yaml`: the resolved spec with every default."""
        atomic_files.write_file(self.path / "spec.yaml", portable_yaml(spec))

    def spec(self) -> Spec:
        """The resolved spec."""
        return loader.load(self.path / "spec.yaml")

    def write_preprocessing(self, preprocessing: FittedPreprocessing) -> None:
        """Write `preprocessing.json`: the fitted preprocessing."""
        atomic_files.write_json(self.path / "preprocessing.json", preprocessing.plain())

    def preprocessing(self, spec: Spec) -> FittedPreprocessing:
        """The fitted preprocessing; a RunError if it is damaged or not that of the spec."""
        path = self.path / "preprocessing.json"
        values = atomic_files.read_json(path)
        try:
            return FittedPreprocessing.from_plain(values, spec)
        except (KeyError, TypeError, ValueError, AttributeError):
            hint = "it is not what the steps of spec.yaml have learnt"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def write_json(self, name: str, values: Any) -> None:
        """Write `metrics.json` or `environment.json`."""
        atomic_files.write_json(self.path / name, values)

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write `history.csv`: one row per epoch."""
        text = io.StringIO()
        rows = [_history_row(epoch) for epoch in epochs]
        writer = csv.DictWriter(text, list(rows[0]) if rows else ["epoch"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        atomic_files.write_file(self.path / "history.csv", text.getvalue())

    def history(self) -> History:
        """Each column of `history.csv`: metric name -> value per epoch."""
        path = self.path / "history.csv"
        try:
            rows = list(csv.DictReader(io.StringIO(atomic_files.read_file(path).decode())))
            return {name: [float(row[name]) for row in rows] for name in (rows or [{}])[0]}
        except (ValueError, TypeError, csv.Error):
            raise RunError(f"{visible(str(path))} is damaged: it is no table of numbers") from None

    def measured(self) -> list[EpochMetrics]:
        """The metrics of each completed epoch, with which a training can be resumed."""
        history = self.history()
        names = [name for name in history if name not in ("epoch", "seconds")]
        return [
            {name: history[name][index] for name in names}
            for index in range(len(history.get("epoch", ())))
        ]

    def write_weights(self, weights: Weights) -> None:
        """Write `weights.safetensors`, in Keras' layout."""
        atomic_files.write_file(self.path / "weights.safetensors", save_tensors(weights))

    def weights(self, graph: Graph) -> Weights:
        """The weights in the graph's order; a RunError if they do not match the graph."""
        path = self.path / "weights.safetensors"
        return validate_weights(graph, read_tensors(path), path)

    def write_checkpoint(self, weights: Weights, state: State, epoch: int) -> None:
        """Write weights and optimizer state after an epoch, in one file, atomically."""
        tensors = {f"weights/{name}": array for name, array in weights.items()}
        for slot, arrays in state.slots.items():
            tensors |= {f"slots/{slot}/{name}": array for name, array in arrays.items()}
        tensors[STEP] = np.array([state.step, epoch])
        atomic_files.write_file(
            self.path / "checkpoint" / "state.safetensors", save_tensors(tensors)
        )

    def checkpoint(self, graph: Graph) -> tuple[Weights, State, int]:
        """Weights, optimizer state, and the number of completed epochs."""
        path = self.path / "checkpoint" / "state.safetensors"
        tensors = read_tensors(path)
        try:
            step, epoch = (int(number) for number in tensors.pop(STEP))
        except (KeyError, TypeError, ValueError):
            raise RunError(f"{visible(str(path))} is damaged: it lacks its place") from None
        weights = validate_weights(graph, strip_prefix(tensors, "weights/"), path)
        slots: dict[str, Weights] = {}
        for name, array in strip_prefix(tensors, "slots/").items():
            slot, _, weight = name.partition("/")
            slots.setdefault(slot, {})[weight] = array
        return weights, State(step, slots), epoch


def portable_yaml(spec: Spec) -> str:
    """A spec as YAML with absolute paths, and without its `tune` section."""
    values = spec.replace(tune=None).plain()
    if spec.data:
        values["data"]["source"] = to_plain(spec.data.source.with_absolute_paths(spec.folder))
    return writer_module.dump(values)


def _is_run(path: Path) -> bool:
    """Whether the folder holds a run."""
    return (path / "spec.yaml").is_file()


def _newest(parent: Path) -> Path | None:
    """The run with the highest number in a folder, or None."""
    runs = [number for number in _run_numbers(parent) if _is_run(parent / str(number))]
    return parent / str(max(runs)) if runs else None


def _run_numbers(parent: Path) -> list[int]:
    """The numbers that are names of entries of a folder."""
    try:
        names = [entry.name for entry in parent.iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if _NUMBER.fullmatch(name)]


def _make_numbered_folder(parent: Path, number: int) -> Path:
    """Make the folder with the first free number from `number` on."""
    while True:  # concurrent runs: mkdir is atomic
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return parent / str(number)


def _history_row(epoch: Epoch) -> dict[str, Any]:
    """An epoch as a row of `history.csv`."""
    return {"epoch": epoch.epoch, **epoch.measured, "seconds": round(epoch.seconds, 3)}
