"""The run folder: files to evaluate, predict with, resume or reproduce a run.

Formats: YAML, JSON, CSV and safetensors; nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from nnspec.backends.contract import Weights
from nnspec.components.sources.base import DataSpec
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.errors import Problem, RunError, argument_place, visible
from nnspec.graph.ir import Graph
from nnspec.runs import atomic_files, checkpoint
from nnspec.runs.atomic_files import json_text
from nnspec.runs.checkpoint import Checkpoint, Provenance
from nnspec.runs.data_specs import data_spec_from_plain, data_spec_to_plain
from nnspec.runs.ending import Ending, read_ending
from nnspec.runs.file_names import (
    BEST,
    CHECKPOINTS,
    ENVIRONMENT,
    HISTORY,
    METRICS,
    PREPROCESSING,
    SPEC,
    WEIGHTS,
)
from nnspec.runs.file_writer import FileWriter
from nnspec.runs.history import History, history_text, parse_history
from nnspec.runs.lock import RunLock
from nnspec.runs.numbered_folders import make_numbered_folder
from nnspec.runs.portable_spec import portable_yaml
from nnspec.runs.selection import Selection, is_run, no_run, select_run
from nnspec.runs.tensor_files import tensor_chunks
from nnspec.runs.verified_files import has_file, read_verified, read_verified_json
from nnspec.runs.weight_files import parse_tensors, validate_weights
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.history import Epoch
from nnspec.training.state import TrainingState

OnNote = Callable[[str], None]  # is called with what a user should know of a run


def ignore(_: str) -> None:
    """Do nothing with a note."""


class RunFolder:
    """The files of a run, in the folder `path`; `on_note` is told what is odd about the run."""

    def __init__(self, path: Path, on_note: OnNote = ignore) -> None:
        self.path, self.on_note = path, on_note
        self._lock: RunLock | None = None
        self._writer: FileWriter | None = None
        self._weights: Future[bytes] | None = None  # being read

    @classmethod
    def create(cls, out: Path, name: str) -> RunFolder:
        """Make the folder `<out>/<name>/<number>`, with the first free number, to write it.

        No other process writes it until `close`.
        """
        path = make_numbered_folder(out / name)
        folder = cls(path)
        folder._lock_to_write(ignore)  # where there are no locks: the number is this process' own
        atomic_files.make_folder(path / CHECKPOINTS)
        return folder

    @classmethod
    def open_to_write(cls, path: Path, on_note: OnNote = ignore) -> RunFolder:
        """Open a run folder to change its files; no other process writes it until `close`.

        Raises RunError, with the process, if another one is writing it.
        """
        if not is_run(path):
            raise no_run(path)
        folder = cls(path, on_note)
        folder._lock_to_write(on_note)
        return folder

    def close(self) -> None:
        """Write the manifest of the files as they are now, and let other processes write them.

        Where the manifest cannot be written, it stays one that every file agrees with.
        """
        with suppress(RunError):
            if self._writer is not None:
                self._writer.finish()
        if self._lock is not None:
            self._lock.release()
        self._writer = self._lock = None

    @classmethod
    def open(cls, path: Path, on_note: OnNote = ignore) -> RunFolder:
        """Open a run folder, or the newest that finished in a folder of numbered runs."""
        return cls._opened(select_run(path), on_note)

    @classmethod
    def open_trained(cls, path: Path, on_note: OnNote = ignore) -> RunFolder:
        """Open a run as `open` does; a RunError if its training diverged."""
        selection = select_run(path)
        if selection.ending.status == "diverged":
            message = f"{visible(str(selection.path))} {selection.ending}"
            raise RunError(message, "its weights are of no use; mend the spec and run it again")
        return cls._opened(selection, on_note)

    @classmethod
    def _opened(cls, selection: Selection, on_note: OnNote) -> RunFolder:
        if selection.ending.status == "unknown" and has_file(selection.path, METRICS):
            read_verified(selection.path, METRICS)  # says what is wrong with it
        note = selection.note()
        if note:
            on_note(note)
        return cls(selection.path, on_note)

    def ending(self) -> Ending:
        """How the run ended."""
        return read_ending(self.path)

    def write_spec(self, spec: Spec) -> None:
        """Write `spec.yaml`: the resolved spec with every default."""
        self._write(SPEC, portable_yaml(spec))

    def refuse_overrides(self, overrides: Sequence[str]) -> None:
        """Raise RunError where words of the command line would change values of the run."""
        if overrides:
            message = "a run has the values that it was trained with; they cannot be changed"
            hint = f"name the spec instead: {visible(str(self.path / SPEC))}"
            raise RunError(Problem(message, argument_place(overrides[0]), hint))

    def spec(self) -> Spec:
        """The resolved spec, which is compiled without its data."""
        spec = self.spec_with(())
        spec = spec.with_data_spec(self._data_spec("data_spec"))
        return spec.with_prepared_spec(self._data_spec("prepared_spec"))

    def spec_with(self, overrides: Sequence[str]) -> Spec:
        """The resolved spec with `key.path=value` overrides; its data tell what they hold."""
        content = read_verified(self.path, SPEC)
        return self._with_moved_data(loader.load_resolved(content, self.path / SPEC, overrides))

    def _with_moved_data(self, spec: Spec) -> Spec:
        """The spec with the source that has moved together with the run folder, if it has."""
        before = self._recorded("folder")
        if spec.data is None or before is None:
            return spec
        source = spec.data.source.moved(Path(before), self.path.resolve())
        if source == spec.data.source:
            return spec
        self.on_note(f"the data of {visible(str(self.path))} have moved with it, and are found")
        return spec.replace(data=spec.data.replace(source=source))

    def _recorded(self, name: str) -> str | None:
        """A text of `environment.json`; None where the run has none."""
        found = self.environment().get(name)
        return found if isinstance(found, str) else None

    def environment(self) -> dict[str, Any]:
        """The content of `environment.json`; nothing where the run has none."""
        if not has_file(self.path, ENVIRONMENT):
            return {}
        values = read_verified_json(self.path, ENVIRONMENT)
        return values if isinstance(values, dict) else {}

    def started(self) -> str | None:
        """When the run was begun, in UTC as ISO 8601; None of a new one."""
        return self._recorded("started") if is_run(self.path) else None

    def write_preprocessing(
        self,
        preprocessing: FittedPreprocessing,
        data_spec: DataSpec | None,
        prepared: DataSpec | None = None,
    ) -> None:
        """Write `preprocessing.json`: the fitted preprocessing, and which rows it takes and gives.

        `data_spec` is None without data; `prepared` is what it gives where the spec does not tell.
        """
        values = preprocessing.plain()
        for key, rows in (("data_spec", data_spec), ("prepared_spec", prepared)):
            if rows is not None:
                values[key] = data_spec_to_plain(rows)
        self._write(PREPROCESSING, json_text(values))

    def _data_spec(self, key: str) -> DataSpec | None:
        """Shape and dtype of raw or prepared rows; None in a folder that does not keep them."""
        path = self.path / PREPROCESSING
        values = read_verified_json(self.path, PREPROCESSING)
        try:
            return data_spec_from_plain(values[key]) if key in values else None
        except (KeyError, TypeError, ValueError):
            hint = "it does not say which rows were prepared"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def preprocessing(self, spec: Spec) -> FittedPreprocessing:
        """The fitted preprocessing; a RunError if it is damaged or not that of the spec."""
        path = self.path / PREPROCESSING
        values = read_verified_json(self.path, PREPROCESSING)
        try:
            return FittedPreprocessing.from_plain(values, spec)
        except (KeyError, TypeError, ValueError, AttributeError):
            hint = "it is not what the steps of spec.yaml have learnt"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def write_environment(self, values: dict[str, Any]) -> None:
        """Write `environment.json`: the environment of the run, and where its folder is."""
        values = {**values, "folder": str(self.path.resolve())}
        self._write(ENVIRONMENT, json_text(values))

    def write_metrics(self, values: Any) -> None:
        """Write `metrics.json`: what `run --json` prints, and how the run ended."""
        self._write(METRICS, json_text(values))

    def metrics(self) -> dict[str, dict[str, float]] | None:
        """The metrics of `train` and `test` in `metrics.json`; None of a run without any."""
        if self.ending().status != "finished":
            return None
        values = read_verified_json(self.path, METRICS)
        return {part: values[part] for part in ("train", "test") if values.get(part)} or None

    def data_sha256(self) -> str | None:
        """The SHA-256 of the raw rows that the run was trained on, from `environment.json`.

        None, and a note, where it is not to be read: the run is as good without it.
        """
        found = self._recorded("data_sha256")
        if found is None:
            where = visible(str(self.path / ENVIRONMENT))
            reason = f"{where} is missing or damaged"
            self.on_note(f"{reason}: it is not known whether the data have changed since the run")
        return found

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write `history.csv`: one row per epoch."""
        self._write(HISTORY, history_text(epochs))

    def history(self) -> History:
        """Each column of `history.csv`: metric name -> value per epoch.

        Raises RunError if it is damaged, or lacks epochs that the run has completed.
        """
        path = self.path / HISTORY
        found, ending = parse_history(read_verified(self.path, HISTORY), path), self.ending()
        rows = len(found.get("epoch", ()))
        if ending.status != "failed" and rows < ending.epochs:
            reason = f"it has {rows:,} of the run's {ending.epochs:,} epochs"
            raise RunError(f"{visible(str(path))} is damaged: {reason}")
        return found

    def write_weights(self, weights: Weights) -> None:
        """Write `weights.safetensors`, in Keras' layout."""
        self._files.write(WEIGHTS, tensor_chunks(weights))

    def write_best(self, weights: Weights) -> None:
        """Write `best.safetensors`, as the weights are written."""
        self._files.write(BEST, tensor_chunks(weights))

    def start_reading_weights(self) -> None:
        """Read and verify the weights in a thread, while other things are done."""
        executor = ThreadPoolExecutor(1)
        self._weights = executor.submit(read_verified, self.path, WEIGHTS)
        executor.shutdown(wait=False)

    def weights(self, graph: Graph) -> Weights:
        """The weights in the graph's order; a RunError if they do not match the graph."""
        reading, self._weights = self._weights, None
        content = reading.result() if reading else read_verified(self.path, WEIGHTS)
        path = self.path / WEIGHTS
        return validate_weights(graph, parse_tensors(content, path), path)

    def write_checkpoint(self, state: TrainingState, provenance: Provenance) -> None:
        """Write the state of a training, and keep the one that was written before."""
        checkpoint.write_checkpoint(self.path, state, provenance)

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None where the run has none yet.

        Raises RunError where none is whole.
        """
        return checkpoint.read_checkpoint(self.path, self.on_note)

    def _write(self, name: str, text: str) -> None:
        self._files.write(name, [atomic_files.encoded(text)])

    @property
    def _files(self) -> FileWriter:
        return self._writer or self._lock_to_write(self.on_note)

    def _lock_to_write(self, on_unavailable: OnNote) -> FileWriter:
        self._lock = RunLock.acquire(self.path, on_unavailable)
        self._writer = FileWriter(self.path)
        return self._writer
