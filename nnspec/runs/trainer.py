"""A run: train a spec, evaluate it, and save the results in a run folder."""

from __future__ import annotations

import time
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Program, require_setup
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import PreparedSplits
from nnspec.data.located_errors import located
from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem, check_type
from nnspec.graph.summary import Summary, summarise
from nnspec.runs.diverged_error import DivergedError
from nnspec.runs.ending import Status
from nnspec.runs.environment import environment
from nnspec.runs.expectations import Expectation, compare_expectations, expectations_to_plain
from nnspec.runs.failures import write_failure
from nnspec.runs.folder import RunFolder
from nnspec.runs.weight_files import all_finite, weights_sha256
from nnspec.spec.document import Spec
from nnspec.spec.loader import to_path
from nnspec.training.balance import UNIFORM, Balance, ClassWeights
from nnspec.training.loop import (
    DivergenceError,
    Epoch,
    Progress,
    TrainingInterrupt,
    evaluate,
    train_epochs,
)
from nnspec.training.monitoring.monitor import TrainingMonitor
from nnspec.training.monitoring.preflight import Preflight
from nnspec.training.part_sizes import PartSizes
from nnspec.training.run_advice import run_advice
from nnspec.training.session import TrainingSession

SAVE_SECONDS = 1.0  # between two checkpoints

_NUMPY = ComputeConfig()
SplitMetrics = dict[str, dict[str, float]]  # split -> metric name -> value


class RunListener:
    """Callbacks of a run; override those of interest, they do nothing by default."""

    def on_prepare(self, parameters: int) -> None:
        """Called before weights are drawn and data are read, with the number of weights."""

    def on_run_begin(self, summary: Summary, spec: Spec, folder: Path) -> None:
        """Called before training, when spec and data are known to be valid."""

    def on_splits(self, sizes: PartSizes) -> None:
        """Called after `on_run_begin` with the rows of each part, and of each class in them."""

    def on_refused_rows(self, counts: RowCounts) -> None:
        """Called after `on_run_begin` where the source has rows that are not used."""

    def on_balance(self, balance: Balance) -> None:
        """Called before training with the weights of rows, and the classes that are oversampled."""

    def on_advice(self, advice: Problem) -> None:
        """Called with advice that follows from the data, such as a too large learning rate."""

    def on_preflight(self, preflight: Preflight) -> None:
        """Called after the first updates of a training that is expected to take long."""

    def on_progress(self, progress: Progress) -> None:
        """Called after each chunk of updates."""

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Called after each epoch."""

    def on_evaluate_begin(self, split: str) -> None:
        """Called before the evaluation of a split."""

    def should_stop(self) -> bool:
        """Whether to stop; polled between chunks of updates."""
        return False


class RunReport(NamedTuple):
    """The results of a run."""

    run: Path
    compute: ComputeConfig
    summary: Summary
    epochs: list[Epoch]
    splits: PartSizes
    metrics: SplitMetrics  # of train and test
    expectations: list[Expectation]
    weights_sha256: str
    seconds: float
    status: Status  # `finished` or `interrupted`
    rows: RowCounts
    class_weights: ClassWeights = UNIFORM.class_weights
    preflight: Preflight | None = None

    @property
    def interrupted(self) -> bool:
        """Whether the training was stopped before its end."""
        return self.status == "interrupted"

    def plain(self) -> dict[str, Any]:
        """The content of `run --json`; `train` and `test` are null if they were not evaluated."""
        return {
            "run": str(self.run),
            **self.compute._asdict(),
            "parameters": self.summary.counts(),
            "splits": {name: size.plain() for name, size in self.splits.items()},
            "rows": self.rows.plain(),
            "class_weight": {name: dict(one) for name, one in self.class_weights.items()} or None,
            "epochs": [epoch.plain() for epoch in self.epochs],
            **both_splits(self.metrics),
            "expectations": expectations_to_plain(self.expectations),
            "weights_sha256": self.weights_sha256,
            "preflight": self.preflight and self.preflight.plain(),
            "seconds": self.seconds,
            "interrupted": self.interrupted,
            "status": self.status,
        }


def run(
    spec: Spec,
    compute: ComputeConfig = _NUMPY,
    out: str | PathLike[str] = "runs",
    listener: RunListener | None = None,
) -> RunReport:
    """Train and evaluate a spec, and save the run in a new folder under `out`.

    Raises an NnspecError if the spec, the data or the folder is invalid.
    """
    started, listener = time.perf_counter(), listener or RunListener()
    check_type(listener, RunListener)
    parent = to_path(out, "the folder of runs")
    session = TrainingSession.prepare(
        spec, compute, on_compiled=lambda graph: listener.on_prepare(summarise(graph).parameters)
    )
    compute = compute._replace(seed=spec.train.seed)
    folder = _new_folder(session, parent, compute)
    history: list[Epoch] = []
    try:
        _begin(session, folder, listener)
        with located(spec.locate("data", "source")):  # streamed rows are read here
            monitor = TrainingMonitor(session, compute, listener.on_advice, listener.on_preflight)
            metrics = _train_and_evaluate(session, folder, listener, history, monitor)
        report = _report(session, compute, folder, history, metrics)
        seconds = time.perf_counter() - started
        report = report._replace(seconds=seconds, preflight=monitor.preflight)
        folder.write_metrics(report.plain())
    except DivergenceError as error:
        finding = monitor.diagnosis(error, listener.should_stop)
        known = {"preflight": monitor.preflight.plain(), "diagnosis": finding.plain()}
        write_failure(folder, compute, history, error, known)
        raise DivergedError(finding.problem(spec, str(error)), finding.plain()) from None
    except BaseException as error:
        write_failure(folder, compute, history, error)
        raise
    return report


def _begin(session: TrainingSession, folder: RunFolder, listener: RunListener) -> None:
    """Tell the listener of the run, and of advice that follows from its data."""
    listener.on_run_begin(summarise(session.graph), session.spec, folder.path)
    listener.on_splits(session.part_sizes)
    if session.splits.refused:
        listener.on_refused_rows(RowCounts.of(session.splits))
    listener.on_balance(session.balance)
    for advice in _advice(session):
        listener.on_advice(advice)


def _advice(session: TrainingSession) -> list[Problem]:
    """What the data show of the spec: advice that needs no training."""
    spec, graph, weights = session.spec, session.graph, session.balance.weights
    return run_advice(spec, graph, session.splits, session.preprocessing, weights, session.leaks)


def evaluate_splits(
    program: Program, splits: PreparedSplits, listener: RunListener
) -> SplitMetrics:
    """The loss and the metrics over the training rows and the test rows."""
    metrics = {}
    for split, rows in (("train", splits.train), ("test", splits.test)):
        if rows is not None:
            listener.on_evaluate_begin(split)
            metrics[split] = evaluate(program, rows, listener.should_stop)
    return metrics


def both_splits(metrics: SplitMetrics) -> dict[str, dict[str, float] | None]:
    """The metrics of `train` and of `test`; None for a split without metrics."""
    return {split: metrics.get(split) for split in ("train", "test")}


def _train_and_evaluate(
    session: TrainingSession, folder: RunFolder, listener: RunListener, history: list[Epoch],
    monitor: TrainingMonitor,
) -> SplitMetrics | None:  # fmt: skip
    """Train and evaluate, append each epoch to `history`; None after an interrupt."""
    try:
        _train(session, folder, listener, history, monitor)
        return _check_finite(evaluate_splits(session.program, session.splits, listener))
    except TrainingInterrupt:
        folder.write_weights(session.program.weights())
        folder.write_history(history)
        return None


def _train(
    session: TrainingSession, folder: RunFolder, listener: RunListener, history: list[Epoch],
    monitor: TrainingMonitor,
) -> None:  # fmt: skip
    """Train, append each epoch to `history`, and save after the last and every SAVE_SECONDS."""
    validation = session.splits.validation
    monitor.begin()
    saved = _save(session, folder, history)
    options, last = session.spec.train, session.spec.train.epochs

    def on_progress(progress: Progress) -> None:
        monitor.on_progress(progress)
        listener.on_progress(progress)

    for epoch in train_epochs(
        session.program, session.training, options, on_progress, listener.should_stop, validation,
        balance=session.balance,
    ):  # fmt: skip
        history.append(epoch)
        monitor.on_epoch_end(epoch)
        if epoch.epoch == last or time.perf_counter() - saved > SAVE_SECONDS:
            saved = _save(session, folder, history)
        listener.on_epoch_end(epoch)
    if require_setup(session.program.setup).optimizer.use_ema:
        folder.write_weights(session.program.weights())  # the checkpoint has those before the end


def _new_folder(session: TrainingSession, out: Path, compute: ComputeConfig) -> RunFolder:
    """A run folder with the spec, the fitted preprocessing and the environment."""
    folder = RunFolder.create(out, session.spec.name)
    folder.write_metrics({"run": str(folder.path), **compute._asdict(), "status": "running"})
    folder.write_preprocessing(session.preprocessing, session.data_spec, session.spec.prepared_spec)
    folder.write_environment(environment(session, compute))
    folder.write_spec(session.spec)  # the last: a folder with a spec is a run
    return folder


def _save(session: TrainingSession, folder: RunFolder, history: list[Epoch]) -> float:
    """Write weights, checkpoint and history, each atomically; return the time afterwards."""
    weights = session.program.weights()
    if not all_finite(weights):
        message = f"a weight is not finite after epoch {len(history)}"
        raise DivergenceError(message, len(history))
    folder.write_weights(weights)
    folder.write_checkpoint(weights, session.program.state(), len(history))
    folder.write_history(history)
    return time.perf_counter()


def _check_finite(metrics: SplitMetrics) -> SplitMetrics:
    """The metrics; a DivergenceError if the loss of a split is not finite."""
    for split, values in metrics.items():
        if not np.isfinite(values["loss"]):
            raise DivergenceError(f"the {split} loss is not finite")
    return metrics


def _report(
    session: TrainingSession,
    compute: ComputeConfig,
    folder: RunFolder,
    history: list[Epoch],
    metrics: SplitMetrics | None,
) -> RunReport:
    """The report of a run, without its duration; without metrics it was interrupted."""
    status: Status = "interrupted" if metrics is None else "finished"
    summary = summarise(session.graph)
    expectations = compare_expectations(session.spec.expect, summary, metrics or {})
    sha = weights_sha256(session.program.weights())
    return RunReport(
        folder.path, compute, summary, history, session.part_sizes, metrics or {}, expectations,
        sha, 0.0, status, RowCounts.of(session.splits), session.balance.class_weights,
    )  # fmt: skip
