"""The run folder: everything needed to evaluate, predict with, resume or reproduce a run.

Plain formats only: YAML, JSON, CSV and safetensors; nothing is ever unpickled.
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
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.errors import RunError, visible
from nnspec.graph.ir import Graph
from nnspec.language import writer as writer_module
from nnspec.options.component import to_plain
from nnspec.runs import atomic_files
from nnspec.runs.checkpoint import STEP, read_tensors, weights_of, with_prefix
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.loop import Epoch

_NUMBER = re.compile("[1-9][0-9]{0,17}")
History = dict[str, list[float]]


class RunFolder:
    """A run's files, under `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def create(cls, out: Path, name: str) -> RunFolder:
        """A new folder `<out>/<name>/<number>`, with the first free number."""
        parent = out / name
        atomic_files.make_folder(parent)
        try:
            path = _first_free(parent, max(_numbers(parent), default=0) + 1)
        except OSError as error:
            where = visible(str(parent))
            raise RunError(f"cannot make a run folder in {where}: {error.strerror}") from None
        atomic_files.make_folder(path / "checkpoint")
        return cls(path)

    @classmethod
    def open(cls, path: Path) -> RunFolder:
        """An existing run: its folder, or the folder of numbered runs (the newest is meant)."""
        if not _is_run(path):
            path = _newest(path) or path
        if not _is_run(path):
            raise RunError(f"{visible(str(path))} is no run folder", "it has no spec.yaml")
        return cls(path)

    def write_spec(self, spec: Spec) -> None:
        """The resolved spec, with every default written out."""
        atomic_files.write_file(self.path / "spec.yaml", portable_yaml(spec))

    def spec(self) -> Spec:
        """The resolved spec."""
        return loader.load(self.path / "spec.yaml")

    def write_preparation(self, preparation: FittedPreprocessing) -> None:
        """The fitted data preparation."""
        atomic_files.write_json(self.path / "preprocessing.json", preparation.plain())

    def preparation(self, spec: Spec) -> FittedPreprocessing:
        """The fitted data preparation, once it is known to be that of the spec."""
        path = self.path / "preprocessing.json"
        values = atomic_files.read_json(path)
        try:
            return FittedPreprocessing.from_plain(values, spec)
        except (KeyError, TypeError, ValueError, AttributeError):
            hint = "it is not what the steps of spec.yaml have learnt"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def write_json(self, name: str, values: Any) -> None:
        """`metrics.json` or `environment.json`."""
        atomic_files.write_json(self.path / name, values)

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """`history.csv`: a row an epoch."""
        text = io.StringIO()
        rows = [_history_row(epoch) for epoch in epochs]
        writer = csv.DictWriter(text, list(rows[0]) if rows else ["epoch"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        atomic_files.write_file(self.path / "history.csv", text.getvalue())

    def history(self) -> History:
        """The figures of each epoch by their names, in the file's order."""
        path = self.path / "history.csv"
        try:
            rows = list(csv.DictReader(io.StringIO(atomic_files.read_file(path).decode())))
            return {name: [float(row[name]) for row in rows] for name in (rows or [{}])[0]}
        except (ValueError, TypeError, csv.Error):
            raise RunError(f"{visible(str(path))} is damaged: it is no table of numbers") from None

    def write_weights(self, weights: Weights) -> None:
        """`weights.safetensors`, in the canonical layout."""
        atomic_files.write_file(self.path / "weights.safetensors", save_tensors(weights))

    def weights(self, graph: Graph) -> Weights:
        """The weights in the graph's order, once they are known to be its own."""
        path = self.path / "weights.safetensors"
        return weights_of(graph, read_tensors(path), path)

    def write_checkpoint(self, weights: Weights, state: State, epoch: int) -> None:
        """Weights and optimizer state after an epoch, in one file that is replaced at once."""
        tensors = {f"weights/{name}": array for name, array in weights.items()}
        for slot, arrays in state.slots.items():
            tensors |= {f"slots/{slot}/{name}": array for name, array in arrays.items()}
        tensors[STEP] = np.array([state.step, epoch])
        atomic_files.write_file(
            self.path / "checkpoint" / "state.safetensors", save_tensors(tensors)
        )

    def checkpoint(self, graph: Graph) -> tuple[Weights, State, int]:
        """Weights, optimizer state, and the number of epochs done."""
        path = self.path / "checkpoint" / "state.safetensors"
        tensors = read_tensors(path)
        try:
            step, epoch = (int(number) for number in tensors.pop(STEP))
        except (KeyError, TypeError, ValueError):
            raise RunError(f"{visible(str(path))} is damaged: it lacks its place") from None
        weights = weights_of(graph, with_prefix(tensors, "weights/"), path)
        slots: dict[str, Weights] = {}
        for name, array in with_prefix(tensors, "slots/").items():
            slot, _, weight = name.partition("/")
            slots.setdefault(slot, {})[weight] = array
        return weights, State(step, slots), epoch


def portable_yaml(spec: Spec) -> str:
    """A spec as YAML that means the same in any folder; without `tune`, which is no run's."""
    values = spec.replace(tune=None).plain()
    if spec.data:
        values["data"]["source"] = to_plain(spec.data.source.with_absolute_paths(spec.folder))
    return writer_module.dump(values)


def _is_run(path: Path) -> bool:
    return (path / "spec.yaml").is_file()


def _newest(parent: Path) -> Path | None:
    """The run with the highest number in a folder, if there is one."""
    runs = [number for number in _numbers(parent) if _is_run(parent / str(number))]
    return parent / str(max(runs)) if runs else None


def _numbers(parent: Path) -> list[int]:
    """The numbers by which things in a folder are called."""
    try:
        names = [entry.name for entry in parent.iterdir()]
    except OSError:
        return []
    return [int(name) for name in names if _NUMBER.fullmatch(name)]


def _first_free(parent: Path, number: int) -> Path:
    while True:  # another run may take the number at this moment; mkdir alone decides
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return parent / str(number)


def _history_row(epoch: Epoch) -> dict[str, Any]:
    validation = {f"val_{name}": value for name, value in (epoch.validation or {}).items()}
    return {"epoch": epoch.epoch, **epoch.figures, **validation, "seconds": round(epoch.seconds, 3)}
