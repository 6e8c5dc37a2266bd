"""A whole run: data, graph, program, training, evaluation, and the folder that keeps it."""

from __future__ import annotations

import platform
import time
from pathlib import Path
from typing import Any, NamedTuple

import nnspec
from nnspec import passes, randomness
from nnspec.backends import base
from nnspec.backends.base import Precision, Program, Recipe, Settings
from nnspec.data import prepared
from nnspec.data.prepared import Parts, Preparation
from nnspec.errors import DataError, Problem, SpecError
from nnspec.graph import Graph
from nnspec.layers.geometry import show
from nnspec.spec import Spec
from nnspec.summary import Summary, summarise
from nnspec.training.expectations import Expectation, compare, plain
from nnspec.training.folder import RunFolder, digest
from nnspec.training.loop import Epoch, Interrupted, Progress, epochs, evaluate

Figures = dict[str, dict[str, float]]  # part of the data -> name -> value


class Way(NamedTuple):
    """How a spec is computed; it changes speed and rounding, never what is computed."""

    backend: str = "numpy"
    precision: Precision = "float32"
    device: str = "cpu"

    def build(self, graph: Graph, recipe: Recipe | None, seed: int) -> Program:
        """A program for a graph."""
        settings = Settings(self.precision, self.device, seed)
        return base.find(self.backend).build(graph, recipe, settings)


class Watcher:
    """What happens during a run, for who shows it; does nothing by itself."""

    def began(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """The spec is valid, the data are there, training begins."""

    def progressed(self, progress: Progress) -> None:
        """Some updates were made."""

    def ended(self, epoch: Epoch) -> None:
        """An epoch is over."""

    def evaluating(self, part: str) -> None:
        """A part of the data is being evaluated."""

    def stop(self) -> bool:
        """Whether to stop after the updates at hand."""
        return False


class Report(NamedTuple):
    """What a run gave."""

    run: Path
    way: Way
    seed: int
    summary: Summary
    epochs: list[Epoch]
    figures: Figures  # of train and test
    expectations: list[Expectation]
    weights_sha256: str
    seconds: float
    interrupted: bool

    def plain(self) -> dict[str, Any]:
        """The keys of `run --json`."""
        return {
            "run": str(self.run),
            **self.way._asdict(),
            "seed": self.seed,
            "parameters": self.summary.counts(),
            "epochs": [epoch.plain() for epoch in self.epochs],
            **self.figures,
            "expectations": plain(self.expectations),
            "weights_sha256": self.weights_sha256,
            "seconds": self.seconds,
            "interrupted": self.interrupted,
        }


class Job(NamedTuple):
    """Everything that training needs, made ready: nothing in it can be a user's mistake."""

    spec: Spec
    graph: Graph
    program: Program
    parts: Parts
    preparation: Preparation
    data_sha256: str

    @classmethod
    def prepare(cls, spec: Spec, way: Way) -> Job:
        """Compile the spec, read and prepare the data, build the program with its first weights."""
        graph, recipe = passes.compile_spec(spec), recipe_of(spec)
        program = way.build(graph, recipe, spec.train.seed)
        raw = prepared.load(spec)
        preparation = Preparation.fit(prepared.data_of(spec), raw.train)
        parts = raw.map(preparation.apply)
        _check_inputs(graph, parts)
        program.set_weights(randomness.initial_weights(graph, spec.train.seed))
        return cls(spec, graph, program, parts, preparation, prepared.digest(raw))

    def new_folder(self, out: Path, way: Way) -> RunFolder:
        """A run folder with all that is known before training."""
        folder = RunFolder.create(out, self.spec.name)
        folder.write_spec(self.spec)
        folder.write_preparation(self.preparation)
        folder.write_json("environment.json", environment(self, way))
        return folder


def run(spec: Spec, way: Way, out: Path = Path("runs"), watcher: Watcher | None = None) -> Report:
    """Train and evaluate a spec, and keep the run in a new folder under `out`.

    Raises an NnspecError where the spec, the data or the folder is wrong.
    """
    started, watcher = time.perf_counter(), watcher or Watcher()
    job = Job.prepare(spec, way)
    folder = job.new_folder(out, way)
    watcher.began(summarise(job.graph), spec, folder.path)
    done, interrupted = _trained(job, folder, watcher)
    figures = {} if interrupted else figures_of(job.program, job.parts, watcher)
    report = _report(job, way, folder, done, figures)
    report = report._replace(interrupted=interrupted, seconds=time.perf_counter() - started)
    folder.write_json("metrics.json", report.plain())
    return report


def figures_of(program: Program, parts: Parts, watcher: Watcher) -> Figures:
    """The loss and the metrics over the training rows and the test rows."""
    figures = {}
    for name, table in (("train", parts.train), ("test", parts.test)):
        if table is not None:
            watcher.evaluating(name)
            figures[name] = evaluate(program, table)
    return figures


def recipe_of(spec: Spec) -> Recipe:
    """The loss, optimizer and metrics; a SpecError where the spec has no loss or optimizer."""
    missing = [key for key in ("loss", "optimizer") if getattr(spec, key) is None]
    if missing or spec.loss is None or spec.optimizer is None:
        hints = {"loss": "mean_squared_error", "optimizer": "{sgd: {learning_rate: 0.01}}"}
        raise SpecError(
            Problem(f"the spec has no {key}", hint=f"add {key}: {hints[key]}") for key in missing
        )
    return Recipe(spec.loss, spec.optimizer, spec.metrics)


def environment(job: Job, way: Way) -> dict[str, Any]:
    """What `environment.json` holds: enough to know why two runs differ."""
    return {
        "nnspec": nnspec.__version__,
        **base.find(way.backend).versions(),
        "platform": platform.platform(),
        "processor": platform.machine(),
        **way._asdict(),
        "seed": job.spec.train.seed,
        "data_sha256": job.data_sha256,
    }


def _trained(job: Job, folder: RunFolder, watcher: Watcher) -> tuple[list[Epoch], bool]:
    """Train; the epochs that were finished, and whether it was stopped before the last."""
    done: list[Epoch] = []
    interrupted = False
    _keep(job, folder, done)
    try:
        for epoch in _epochs(job, watcher):
            done.append(epoch)
            watcher.ended(epoch)
            _keep(job, folder, done)
    except Interrupted:
        interrupted = True
        folder.write_weights(job.program.weights())
    return done, interrupted


def _epochs(job: Job, watcher: Watcher) -> Any:
    train, validation, _ = job.parts
    return epochs(job.program, train, job.spec.train, watcher.progressed, watcher.stop, validation)


def _keep(job: Job, folder: RunFolder, done: list[Epoch]) -> None:
    """Write the weights, the checkpoint and the history, each replaced at once."""
    folder.write_weights(job.program.weights())
    folder.write_checkpoint(job.program, len(done))
    folder.write_history(done)


def _report(job: Job, way: Way, folder: RunFolder, done: list[Epoch], figures: Figures) -> Report:
    summary = summarise(job.graph)
    expectations = compare(job.spec.expect, summary.parameters, figures)
    sha = digest(job.program.weights())
    seed = job.spec.train.seed
    return Report(folder.path, way, seed, summary, done, figures, expectations, sha, 0.0, False)


def _check_inputs(graph: Graph, parts: Parts) -> None:
    """What was read must be what the spec said that it would be."""
    shape = parts.train.inputs.shape[1:]
    if shape != graph.input_shape:
        message = f"a prepared row is {show(shape)} and the network takes {show(graph.input_shape)}"
        raise DataError(message, "mend data: inputs, or the network's input_shape")
