"""A whole run: training, evaluation, and the folder that keeps it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Program
from nnspec.components.optimizers.base import Optimizer
from nnspec.compute import ComputeConfig
from nnspec.data.splits import Splits
from nnspec.errors import Problem, SpecError
from nnspec.graph.summary import Summary, summarise
from nnspec.runs.checkpoint import all_finite, weights_sha256
from nnspec.runs.environment import environment
from nnspec.runs.expectations import Expectation, compare_expectations, expectations_to_plain
from nnspec.runs.folder import RunFolder
from nnspec.spec.document import Spec
from nnspec.training.least_squares import learning_rate_bound
from nnspec.training.loop import Diverged, Epoch, Interrupted, Progress, epochs, evaluate
from nnspec.training.session import TrainingSession

KEEP_SECONDS = 1.0  # between two writings of the run folder

_NUMPY = ComputeConfig()
SplitMetrics = dict[str, dict[str, float]]  # part of the data -> name -> value


class RunListener:
    """What happens during a run, for who shows it; does nothing by itself."""

    def began(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """The spec is valid, the data are there, training begins."""

    def advised(self, advice: Problem) -> None:
        """The data show that something will not end well."""

    def progressed(self, progress: Progress) -> None:
        """Some updates were made."""

    def ended(self, epoch: Epoch) -> None:
        """An epoch is over."""

    def evaluating(self, part: str) -> None:
        """A part of the data is being evaluated."""

    def stop(self) -> bool:
        """Whether to stop after the updates at hand."""
        return False


class RunReport(NamedTuple):
    """What a run gave."""

    run: Path
    compute: ComputeConfig
    summary: Summary
    epochs: list[Epoch]
    figures: SplitMetrics  # of train and test
    expectations: list[Expectation]
    weights_sha256: str
    seconds: float
    interrupted: bool

    def plain(self) -> dict[str, Any]:
        """The keys of `run --json`; `train` and `test` are null where they were not evaluated."""
        return {
            "run": str(self.run),
            **self.compute._asdict(),
            "parameters": self.summary.counts(),
            "epochs": [epoch.plain() for epoch in self.epochs],
            **both_splits(self.figures),
            "expectations": expectations_to_plain(self.expectations),
            "weights_sha256": self.weights_sha256,
            "seconds": self.seconds,
            "interrupted": self.interrupted,
        }


def run(
    spec: Spec,
    compute: ComputeConfig = _NUMPY,
    out: Path = Path("runs"),
    watcher: RunListener | None = None,
) -> RunReport:
    """Train and evaluate a spec, and keep the run in a new folder under `out`.

    Raises an NnspecError where the spec, the data or the folder is wrong.
    """
    started, watcher = time.perf_counter(), watcher or RunListener()
    compute = compute._replace(seed=spec.train.seed)
    job = TrainingSession.prepare(spec, compute)
    folder = _new_folder(job, out, compute)
    watcher.began(summarise(job.graph), spec, folder.path)
    advice = learning_rate_bound.advise_on_rate(spec, job.graph, job.parts.train)
    if advice:
        watcher.advised(advice)
    done, figures = _trained(job, folder, watcher)
    report = _report(job, compute, folder, done, figures or {})
    seconds = time.perf_counter() - started
    report = report._replace(interrupted=figures is None, seconds=seconds)
    folder.write_json("metrics.json", report.plain())
    return report


def evaluate_splits(program: Program, parts: Splits, watcher: RunListener) -> SplitMetrics:
    """The loss and the metrics over the training rows and the test rows."""
    figures = {}
    for name, table in (("train", parts.train), ("test", parts.test)):
        if table is not None:
            watcher.evaluating(name)
            figures[name] = evaluate(program, table, watcher.stop)
    return figures


def both_splits(figures: SplitMetrics) -> dict[str, dict[str, float] | None]:
    """The figures of `train` and of `test`; None where there are none."""
    return {part: figures.get(part) for part in ("train", "test")}


def _trained(
    job: TrainingSession, folder: RunFolder, watcher: RunListener
) -> tuple[list[Epoch], SplitMetrics | None]:
    """Train and evaluate; the epochs that were finished, and no figures where it was stopped."""
    done: list[Epoch] = []
    try:
        _train(job, folder, watcher, done)
        return done, _check_finite(evaluate_splits(job.program, job.parts, watcher))
    except Interrupted:
        folder.write_weights(job.program.weights())
        folder.write_history(done)
        return done, None
    except Diverged as error:
        raise SpecError(_divergence(job, str(error))) from None


def _train(
    job: TrainingSession, folder: RunFolder, watcher: RunListener, done: list[Epoch]
) -> None:
    """Add the epochs to `done`; keep the run after the last, and now and then before."""
    train, validation, _ = job.parts
    kept = _keep(job, folder, done)
    last = job.spec.train.epochs
    setup, watch, stop = job.spec.train, watcher.progressed, watcher.stop
    for epoch in epochs(job.program, train, setup, watch, stop, validation):
        done.append(epoch)
        if epoch.epoch == last or time.perf_counter() - kept > KEEP_SECONDS:
            kept = _keep(job, folder, done)
        watcher.ended(epoch)


def _new_folder(job: TrainingSession, out: Path, compute: ComputeConfig) -> RunFolder:
    """A run folder with all that is known before training."""
    folder = RunFolder.create(out, job.spec.name)
    folder.write_spec(job.spec)
    folder.write_preparation(job.preparation)
    folder.write_json("environment.json", environment(job, compute))
    return folder


def _keep(job: TrainingSession, folder: RunFolder, done: list[Epoch]) -> float:
    """Write the weights, the checkpoint and the history, each replaced at once; the time then."""
    weights = job.program.weights()
    if not all_finite(weights):
        raise Diverged(f"a weight is not finite after epoch {len(done)}")
    folder.write_weights(weights)
    folder.write_checkpoint(weights, job.program.state(), len(done))
    folder.write_history(done)
    return time.perf_counter()


def _divergence(job: TrainingSession, message: str) -> Problem:
    optimizer = job.spec.optimizer
    where = job.spec.locate("optimizer", optimizer.kind if optimizer else "", "learning_rate")
    return Problem(f"training diverged: {message}", where, _mend(job), code="diverged")


def _mend(job: TrainingSession) -> str:
    """What keeps a training from diverging."""
    if not isinstance(job.spec.optimizer, Optimizer):
        return "scale the data"
    limit = learning_rate_bound.learning_rate_bound(job.spec, job.graph, job.parts.train)
    below = "" if limit is None else f" below {limit:.3g}, beyond which descent diverges"
    return f"lower the learning rate{below}"


def _check_finite(figures: SplitMetrics) -> SplitMetrics:
    for part, values in figures.items():
        if not np.isfinite(values["loss"]):
            raise Diverged(f"the {part} loss is not finite")
    return figures


def _report(
    job: TrainingSession,
    compute: ComputeConfig,
    folder: RunFolder,
    done: list[Epoch],
    figures: SplitMetrics,
) -> RunReport:
    summary = summarise(job.graph)
    expectations = compare_expectations(job.spec.expect, summary.parameters, figures)
    sha = weights_sha256(job.program.weights())
    return RunReport(folder.path, compute, summary, done, figures, expectations, sha, 0.0, False)
