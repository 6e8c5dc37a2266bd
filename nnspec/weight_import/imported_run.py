"""The run folder of imported weights: that of a run without an epoch."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from nnspec.backends.contract import Weights
from nnspec.components.sources.base import DataSpec
from nnspec.compute import ComputeConfig
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import data_sha256, load_splits
from nnspec.errors import RunError, argument_place
from nnspec.runs.environment import machine
from nnspec.runs.folder import RunFolder
from nnspec.spec.document import Spec


class FileOfWeights(NamedTuple):
    """The file that weights are from: its name and SHA-256, and whose format it has."""

    name: str
    sha256: str
    framework: str

    def plain(self) -> dict[str, str]:
        """What JSON has of it."""
        return {"file": self.name, "file_sha256": self.sha256, "framework": self.framework}


class _Preparation(NamedTuple):
    """The preprocessing that is fitted on the data of a spec; without data there is none."""

    fitted: FittedPreprocessing
    data_spec: DataSpec | None = None
    sha256: str | None = None

    @classmethod
    def of(cls, spec: Spec) -> _Preparation:
        """Fit the preprocessing of a spec; a DataError where its data cannot be read."""
        if spec.data is None:
            return cls(FittedPreprocessing({}, {}))
        splits = load_splits(spec)
        train = splits.train
        return cls(FittedPreprocessing.fit(spec, train), train.data_spec(), data_sha256(splits))


def write_run(
    spec: Spec, weights: Weights, file: FileOfWeights, out: Path, report: dict[str, Any]
) -> Path:
    """Write a run folder under `out`; its path."""
    preparation = _Preparation.of(spec)
    with closing(_new_folder(out, spec.name)) as folder:
        _write_files(folder, spec, weights, file, preparation, report)
    return folder.path


def _new_folder(out: Path, name: str) -> RunFolder:
    try:
        return RunFolder.create(out, name)
    except RunError as error:
        place = argument_place(str(out), "--out")
        raise RunError(problem.at(place) for problem in error.problems) from None


def _write_files(
    folder: RunFolder, spec: Spec, weights: Weights, file: FileOfWeights, preparation: _Preparation,
    report: dict[str, Any],
) -> None:  # fmt: skip
    run = {"run": str(folder.path)}
    ending: dict[str, Any] = {"epochs": [], "train": None, "test": None, "interrupted": False}
    folder.write_metrics({**report, **run, **ending, "message": f"imported from {file.name}"})
    folder.write_preprocessing(preparation.fitted, preparation.data_spec, spec.prepared_spec)
    data = {} if preparation.sha256 is None else {"data_sha256": preparation.sha256}
    folder.write_environment({**machine(ComputeConfig()), **file.plain(), **data})
    folder.write_history([])
    folder.write_weights(weights)
    folder.write_spec(spec)  # the last: a folder with a spec is a run
