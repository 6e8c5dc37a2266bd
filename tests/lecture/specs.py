"""Loading and training the specs of the lecture's examples."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Weights
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import Summary, summarise
from nnspec.spec import document, loader
from nnspec.training.history import Epoch
from nnspec.training.loop import evaluate, never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.paths import ROOT

LECTURE = ROOT / "examples" / "lecture"
FILES = sorted(LECTURE.glob("*.yaml"))


def path(name: str) -> Path:
    """The file of an example by name; `mlp` and `cnn` are in the gallery."""
    gallery = ROOT / "specs" / f"{name}.yaml"
    return gallery if gallery.exists() else LECTURE / f"{name}.yaml"


def lecture_spec(name: str, *overrides: str) -> document.Spec:
    """The spec of an example."""
    return loader.load(path(name), overrides)


def summary(name: str) -> Summary:
    """The summary of an example's network."""
    return summarise(compile_spec(lecture_spec(name)))


def session_of(
    name: str, *overrides: str, backend: str = "numpy", precision: str = "float64"
) -> TrainingSession:
    """An example's session with data and initial weights, before training."""
    return TrainingSession.prepare(
        lecture_spec(name, *overrides), ComputeConfig(backend, precision)
    )


class Training(NamedTuple):
    """A finished training: its session, the initial weights, and the epochs."""

    session: TrainingSession
    start: Weights
    epochs: list[Epoch]

    @property
    def weights(self) -> Weights:
        """The final weights."""
        return self.session.program.weights()

    @property
    def losses(self) -> list[float]:
        """The loss of each epoch."""
        return [epoch.metrics["loss"] for epoch in self.epochs]

    def metrics(self, split: str = "train") -> dict[str, float]:
        """The final loss and metrics over a split."""
        return evaluate(self.session.program, getattr(self.session.splits, split))

    def predict(self, inputs: Array) -> Array:
        """Predictions for rows before the preparation."""
        return self.session.program.predict(self.session.preprocessing.prepared("inputs", inputs))


def trained(name: str, *overrides: str, **compute: str) -> Training:
    """Train an example."""
    return train(session_of(name, *overrides, **compute))


def train(session: TrainingSession) -> Training:
    """Run all epochs of a session."""
    start = session.program.weights()
    program, rows, options = session.program, session.splits.train, session.spec.train
    return Training(
        session, start, list(train_epochs(program, rows, options, lambda _: None, never_stop))
    )


def gradients(session: TrainingSession, rows: Array | None = None) -> Weights:
    """Gradient of the mean loss over some training rows, or over all."""
    split = session.splits.train
    device_rows = session.program.upload(split.inputs, split.targets)
    return session.program.gradients(device_rows, np.arange(split.rows) if rows is None else rows)


def norm(array: Array) -> float:
    """The Euclidean norm of all elements."""
    return float(np.linalg.norm(array))
