"""Reading and training the examples of the lecture."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Weights
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import Summary, summarise
from nnspec.spec import document, loader
from nnspec.training.loop import Epoch, evaluate, never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.paths import ROOT

LECTURE = ROOT / "examples" / "lecture"
FILES = sorted(LECTURE.glob("*.yaml"))


def path(name: str) -> Path:
    """An example by its name; `mlp` and `cnn` stand in the gallery."""
    gallery = ROOT / "specs" / f"{name}.yaml"
    return gallery if gallery.exists() else LECTURE / f"{name}.yaml"


def lesson(name: str, *overrides: str) -> document.Spec:
    """An example's spec."""
    return loader.load(path(name), overrides)


def summary(name: str) -> Summary:
    """An example's layers and parameters."""
    return summarise(compile_spec(lesson(name)))


def ready(
    name: str, *overrides: str, backend: str = "numpy", precision: str = "float64"
) -> TrainingSession:
    """An example with its data and its first weights, before training."""
    return TrainingSession.prepare(lesson(name, *overrides), ComputeConfig(backend, precision))


class Trained(NamedTuple):
    """An example after its training."""

    job: TrainingSession
    start: Weights
    epochs: list[Epoch]

    @property
    def weights(self) -> Weights:
        return self.job.program.weights()

    @property
    def losses(self) -> list[float]:
        """Each epoch's."""
        return [epoch.metrics["loss"] for epoch in self.epochs]

    def figures(self, part: str = "train") -> dict[str, float]:
        """The loss and the metrics at the end."""
        return evaluate(self.job.program, getattr(self.job.splits, part))

    def predict(self, inputs: Array) -> Array:
        """The output for rows as they are before the preparation."""
        return self.job.program.predict(self.job.preprocessing.prepared("inputs", inputs))


def trained(name: str, *overrides: str, **compute: str) -> Trained:
    """An example, trained."""
    return finished(ready(name, *overrides, **compute))


def finished(job: TrainingSession) -> Trained:
    """A job, done."""
    start = job.program.weights()
    done = list(
        train_epochs(job.program, job.splits.train, job.spec.train, lambda _: None, never_stop)
    )
    return Trained(job, start, done)


def gradients(job: TrainingSession, rows: Array | None = None) -> Weights:
    """The gradient of the mean loss over training rows; over all where none are named."""
    table = job.splits.train
    device_rows = job.program.upload(table.inputs, table.targets)
    return job.program.gradients(device_rows, np.arange(table.rows) if rows is None else rows)


def norm(array: Array) -> float:
    """The root of the sum of squares."""
    return float(np.linalg.norm(array))
