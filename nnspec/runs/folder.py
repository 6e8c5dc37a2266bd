"""The run folder: files to evaluate, predict with, resume or reproduce a run.

Formats: YAML, JSON, CSV and safetensors; nothing is ever unpickled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nnspec.backends.contract import Weights
from nnspec.components.sources.base import DataSpec
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.errors import Problem, RunError, argument_place, visible
from nnspec.graph.ir import Graph
from nnspec.language import writer as writer_module
from nnspec.options.component import to_plain
from nnspec.runs import atomic_files, checkpoint, history
from nnspec.runs.checkpoint import Checkpoint, Provenance
from nnspec.runs.data_specs import data_spec_from_plain, data_spec_to_plain
from nnspec.runs.ending import FILE, Ending, read_ending
from nnspec.runs.history import History
from nnspec.runs.selection import Selection, run_numbers, select_run
from nnspec.runs.tensor_files import write_tensors
from nnspec.runs.weight_files import read_tensors, validate_weights
from nnspec.spec import loader
from nnspec.spec.document import Spec
from nnspec.training.loop import Epoch
from nnspec.training.state import TrainingState

OnNote = Callable[[str], None]  # is called with what a user should know of a run


def ignore(_: str) -> None:
    """Do nothing with a note."""


class RunFolder:
    """The files of a run, in the folder `path`; `on_note` is told what is odd about the run."""

    def __init__(self, path: Path, on_note: OnNote = ignore) -> None:
        self.path, self.on_note = path, on_note

    @classmethod
    def create(cls, out: Path, name: str) -> RunFolder:
        """Make the folder `<out>/<name>/<number>`, with the first free number."""
        parent = out / name
        atomic_files.make_folder(parent)
        try:
            path = _make_numbered_folder(parent, max(run_numbers(parent), default=0) + 1)
        except OSError as error:
            where = visible(str(parent))
            raise RunError(f"cannot make a run folder in {where}: {error.strerror}") from None
        atomic_files.make_folder(path / "checkpoint")
        return cls(path)

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
        note = selection.note()
        if note:
            on_note(note)
        return cls(selection.path, on_note)

    def ending(self) -> Ending:
        """How the run ended."""
        return read_ending(self.path)

    def write_spec(self, spec: Spec) -> None:
        """Write `spec.yaml`: the resolved spec with every default."""
        atomic_files.write_file(self.path / "spec.yaml", portable_yaml(spec))

    def refuse_overrides(self, overrides: Sequence[str]) -> None:
        """Raise RunError where words of the command line would change values of the run."""
        if overrides:
            message = "a run has the values that it was trained with; they cannot be changed"
            hint = f"name the spec instead: {visible(str(self.path / 'spec.yaml'))}"
            raise RunError(Problem(message, argument_place(overrides[0]), hint))

    def spec(self) -> Spec:
        """The resolved spec, which is compiled without its data."""
        spec = self.spec_with(())
        spec = spec.with_data_spec(self._data_spec("data_spec"))
        return spec.with_prepared_spec(self._data_spec("prepared_spec"))

    def spec_with(self, overrides: Sequence[str]) -> Spec:
        """The resolved spec with `key.path=value` overrides; its data tell what they hold."""
        return self._with_moved_data(loader.load(self.path / "spec.yaml", overrides))

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
        """A text of `environment.json`; None where it is not to be read."""
        found = self.environment().get(name)
        return found if isinstance(found, str) else None

    def environment(self) -> dict[str, Any]:
        """The content of `environment.json`; nothing where it is not to be read."""
        try:
            values = atomic_files.read_json(self.path / "environment.json")
        except RunError:
            return {}
        return values if isinstance(values, dict) else {}

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
        atomic_files.write_json(self.path / "preprocessing.json", values)

    def _data_spec(self, key: str) -> DataSpec | None:
        """Shape and dtype of raw or prepared rows; None in a folder that does not keep them."""
        path = self.path / "preprocessing.json"
        values = atomic_files.read_json(path)
        try:
            return data_spec_from_plain(values[key]) if key in values else None
        except (KeyError, TypeError, ValueError):
            hint = "it does not say which rows were prepared"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def preprocessing(self, spec: Spec) -> FittedPreprocessing:
        """The fitted preprocessing; a RunError if it is damaged or not that of the spec."""
        path = self.path / "preprocessing.json"
        values = atomic_files.read_json(path)
        try:
            return FittedPreprocessing.from_plain(values, spec)
        except (KeyError, TypeError, ValueError, AttributeError):
            hint = "it is not what the steps of spec.yaml have learnt"
            raise RunError(f"{visible(str(path))} is damaged", hint) from None

    def write_environment(self, values: dict[str, Any]) -> None:
        """Write `environment.json`: the environment of the run, and where its folder is."""
        values = {**values, "folder": str(self.path.resolve())}
        atomic_files.write_json(self.path / "environment.json", values)

    def write_metrics(self, values: Any) -> None:
        """Write `metrics.json`: what `run --json` prints, and how the run ended."""
        atomic_files.write_json(self.path / FILE, values)

    def metrics(self) -> dict[str, dict[str, float]] | None:
        """The metrics of `train` and `test` in `metrics.json`; None of a run without any."""
        if self.ending().status != "finished":
            return None
        values = atomic_files.read_json(self.path / FILE)
        return {part: values[part] for part in ("train", "test") if values.get(part)} or None

    def data_sha256(self) -> str | None:
        """The SHA-256 of the raw rows that the run was trained on, from `environment.json`.

        None, and a note, where it is not to be read: the run is as good without it.
        """
        found = self._recorded("data_sha256")
        if found is None:
            where = visible(str(self.path / "environment.json"))
            reason = f"{where} is missing or damaged"
            self.on_note(f"{reason}: it is not known whether the data have changed since the run")
        return found

    def write_history(self, epochs: Sequence[Epoch]) -> None:
        """Write `history.csv`: one row per epoch."""
        history.write_history(self.path / "history.csv", epochs)

    def history(self) -> History:
        """Each column of `history.csv`: metric name -> value per epoch.

        Raises RunError if it is damaged, or lacks epochs that the run has completed.
        """
        path = self.path / "history.csv"
        found, ending = history.read_history(path), self.ending()
        rows = len(found.get("epoch", ()))
        if ending.status != "failed" and rows < ending.epochs:
            reason = f"it has {rows:,} of the run's {ending.epochs:,} epochs"
            raise RunError(f"{visible(str(path))} is damaged: {reason}")
        return found

    def write_weights(self, weights: Weights) -> None:
        """Write `weights.safetensors`, in Keras' layout."""
        write_tensors(self.path / "weights.safetensors", weights)

    def weights(self, graph: Graph) -> Weights:
        """The weights in the graph's order; a RunError if they do not match the graph."""
        path = self.path / "weights.safetensors"
        return validate_weights(graph, read_tensors(path), path)

    def write_checkpoint(self, state: TrainingState, provenance: Provenance) -> None:
        """Write the state of a training, and keep the one that was written before."""
        checkpoint.write_checkpoint(self.path, state, provenance)

    def checkpoint(self) -> Checkpoint | None:
        """The newest checkpoint that is whole; None where the run has none yet.

        Raises RunError where none is whole.
        """
        return checkpoint.read_checkpoint(self.path, self.on_note)


def portable_yaml(spec: Spec) -> str:
    """A spec as YAML with absolute paths, and without its `tune` section."""
    return writer_module.dump(portable_values(spec))


def portable_values(spec: Spec) -> dict[str, Any]:
    """The plain values of a spec with absolute paths, and without its `tune` section."""
    start = spec.train.initial_weights
    if start is not None:
        train = spec.train.replace(initial_weights=start.with_absolute_path(spec.folder))
        spec = spec.replace(train=train)
    values = spec.replace(tune=None).plain()
    if spec.data:
        values["data"]["source"] = to_plain(spec.data.source.with_absolute_paths(spec.folder))
    return values


def _make_numbered_folder(parent: Path, number: int) -> Path:
    """Make the folder with the first free number from `number` on."""
    while True:  # concurrent runs: mkdir is atomic
        try:
            (parent / str(number)).mkdir()
        except FileExistsError:
            number += 1
        else:
            return parent / str(number)
