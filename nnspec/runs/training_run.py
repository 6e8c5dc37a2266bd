"""The training of a run from where it stands to its end, its evaluation, and its report."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import require_setup
from nnspec.compute import ComputeConfig
from nnspec.data.located_errors import located
from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.runs.checkpoint import Provenance
from nnspec.runs.checkpoint_writer import CheckpointWriter
from nnspec.runs.diverged_error import DivergedError
from nnspec.runs.ending import Status
from nnspec.runs.environment import environment
from nnspec.runs.evaluation import evaluate_splits
from nnspec.runs.expectations import Expectation, compare_expectations
from nnspec.runs.expected_behaviour import expected_of_session, parts_with_figures
from nnspec.runs.failures import write_failure
from nnspec.runs.first_updates import recorded_first_updates
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.portable_spec import portable_values, portable_yaml
from nnspec.runs.report import (
    BestCheckpoint,
    EarlyStoppingResult,
    RunReport,
    SplitMetrics,
    stopping_callbacks,
)
from nnspec.runs.tracking.base import TrackedRun
from nnspec.runs.tracking.epochs import figures, tracked_epoch
from nnspec.runs.tracking.trackers import Trackers, flat_options
from nnspec.runs.training_length import TrainingLength
from nnspec.runs.weight_files import weights_sha256
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import DivergenceError, Progress, TrainingInterrupt, train_epochs
from nnspec.training.monitoring.monitor import TrainingMonitor
from nnspec.training.run_advice import run_advice
from nnspec.training.session import TrainingSession
from nnspec.training.state import Position


class TrainingRun(NamedTuple):
    """A run that is trained on: its session, its folder, and what it has measured before."""

    session: TrainingSession
    folder: RunFolder
    compute: ComputeConfig
    listener: RunListener
    history: TrainingHistory
    trackers: Trackers

    def begin_trackers(self) -> None:
        """Begin the trackers; a SpecError, at the tracker, where one cannot: no file is written."""
        self.trackers.begin(self._tracked())

    def write_description(self, resumed: object = None) -> None:
        """Write what is known before the training: the spec, the preprocessing, the environment.

        `resumed` is what `environment.json` says of the times when the run went on.
        """
        session, folder = self.session, self.folder
        status = {"run": str(folder.path), **self.compute._asdict(), "status": "running"}
        recorded = recorded_first_updates(folder)
        folder.write_metrics({**status, "first_updates": recorded and recorded.plain()})
        spec = session.spec
        folder.write_preprocessing(session.preprocessing, session.data_spec, spec.prepared_spec)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        known = {"started": folder.started() or now, **environment(session, self.compute)}
        folder.write_environment({**known, **({"resumed": resumed} if resumed else {})})
        folder.write_spec(spec)  # the last: a folder with a spec is a run

    def complete(self, started: float, position: Position | None = None) -> RunReport:
        """Train to the last epoch, evaluate, and write the files of the run.

        `position` is where it goes on, if it does. Raises an NnspecError, and writes why there are
        no more epochs, where training diverges or a file cannot be written.
        """
        try:
            self._begin(position)
            with located(self.session.spec.locate("data", "source")):  # streamed rows are read
                monitor = training_monitor(self.session, self.compute, self.history, self.listener)
                metrics = self._train_and_evaluate(monitor)
                tested = self._tested() if metrics else None
            report = self._report(metrics, tested)._replace(preflight=monitor.preflight)
            report = report._replace(seconds=time.perf_counter() - started)
            self.folder.write_metrics(report.plain())
            self.trackers.end(figures(report.metrics), report.status)
        except DivergenceError as error:
            self._fail(error)
            raise self._diverged(error, monitor) from None
        except BaseException as error:
            self._fail(error)
            raise
        return report

    def _fail(self, error: BaseException) -> None:
        """Record why there are no more epochs."""
        write_failure(self.folder, self.compute, self.history.epochs, error)
        self.trackers.end({}, "failed")

    def _diverged(self, error: DivergenceError, monitor: TrainingMonitor) -> DivergedError:
        """The diagnosis of a divergence, which is recorded too."""
        diverged, preflight = diagnosed(error, monitor, self.listener), monitor.preflight.plain()
        known = {"preflight": preflight, "diagnosis": diverged.diagnosis}
        write_failure(self.folder, self.compute, self.history.epochs, error, known)
        return diverged

    def _tracked(self) -> TrackedRun:
        """What trackers are told of the run."""
        spec, epochs = self.session.spec, len(self.history.epochs)
        summary, options = table(summarise(self.session.graph)), dict(flat_options(spec.plain()))
        return TrackedRun(
            self.folder.path.resolve(), spec.name, portable_yaml(spec), options, summary, epochs
        )

    def _begin(self, position: Position | None) -> None:
        """Tell the listener of the run, and of advice that follows from its data."""
        session, listener = self.session, self.listener
        listener.on_run_begin(summarise(session.graph), session.spec, self.folder.path)
        listener.on_batch_plan(session.batch_plan)
        if position is not None:
            listener.on_resume(position)
        listener.on_splits(session.part_sizes)
        if session.splits.refused:
            listener.on_refused_rows(RowCounts.of(session.splits))
        listener.on_balance(session.balance)
        for advice in advice_on(session):
            listener.on_advice(advice)

    def _train_and_evaluate(self, monitor: TrainingMonitor) -> SplitMetrics | None:
        """Train and evaluate; None after an interrupt."""
        session = self.session
        provenance = Provenance(
            json.dumps(portable_values(session.spec)), self.compute.precision,
            session.data_sha256,
        )  # fmt: skip
        files = CheckpointWriter(session, self.folder, provenance, self.history)
        try:
            self._train(files, monitor)
            parts = parts_with_figures(session)
            return check_finite(evaluate_splits(session.program, parts, self.listener))
        except TrainingInterrupt:
            if self.history.ended_by(session.batch_plan) is None:
                files.save()
            else:  # the checkpoint has the weights before their averages, or the best ones
                self.folder.write_weights(session.program.weights())
            return None

    def _train(self, files: CheckpointWriter, monitor: TrainingMonitor) -> None:
        """Train to the last epoch, and save what is due."""

        def on_progress(progress: Progress) -> None:
            monitor.on_progress(progress)
            files.save_in_epoch(progress)
            self.listener.on_progress(progress)

        session = self.session
        monitor.begin()
        files.save()
        for epoch in train_epochs(
            session.program, session.training, session.options, on_progress,
            self.listener.should_stop, session.splits.validation, self.history, session.balance,
        ):  # fmt: skip
            monitor.on_epoch_end(epoch)  # a replay goes by the epoch, where it cannot be saved
            files.save_after_epoch()
            self.listener.on_epoch_end(epoch)
            self.trackers.end_epoch(tracked_epoch(session.program, self.history.measured))
        averages = require_setup(session.program.setup).optimizer.use_ema
        if averages or session.options.restores_best:
            self.folder.write_weights(session.program.weights())

    def _tested(self) -> list[Expectation] | None:
        """What comes out of expectations that need the network; None after an interrupt."""
        length = TrainingLength.of(self.session.batch_plan, self.history)
        return expected_of_session(self.session, self.compute, self.listener, length)

    def _report(self, metrics: SplitMetrics | None, tested: list[Expectation] | None) -> RunReport:
        """The report, without its duration; without what was `tested` it was interrupted."""
        session = self.session
        status: Status = "interrupted" if tested is None else "finished"
        summary = summarise(session.graph)
        expectations = compare_expectations(session.spec.expect, summary, metrics or {})
        expectations += tested or []
        sha, rows = weights_sha256(session.program.weights()), RowCounts.of(session.splits)
        measured = session.batch_plan, self.history
        return RunReport(
            self.folder.path, self.compute, summary, self.history.epochs, session.part_sizes,
            metrics or {}, expectations, sha, 0.0, status, rows, session.balance.class_weights,
            EarlyStoppingResult.of(*measured), length=TrainingLength.of(*measured),
            stopped_by=stopping_callbacks(*measured), best_checkpoint=BestCheckpoint.of(*measured),
            first_updates=recorded_first_updates(self.folder),
        )  # fmt: skip


def advice_on(session: TrainingSession) -> list[Problem]:
    """What the data show of the spec: advice that needs no training."""
    graph, weights = session.graph, session.balance.weights
    known = session.splits, session.preprocessing, weights, session.leaks
    return run_advice(session.spec, graph, *known)


def training_monitor(
    session: TrainingSession, compute: ComputeConfig, history: TrainingHistory,
    listener: RunListener,
) -> TrainingMonitor:  # fmt: skip
    """The monitor of a training, which tells the listener."""
    told = listener.on_advice, listener.on_preflight
    return TrainingMonitor(session, compute, history, *told)


def diagnosed(
    error: DivergenceError, monitor: TrainingMonitor, listener: RunListener
) -> DivergedError:
    """The error of a training that diverged, at its cause; the listener may stop the search."""
    finding = monitor.diagnosis(error, listener.should_stop)
    return DivergedError(finding.problem(monitor.session.spec, str(error)), finding.plain())


def check_finite(metrics: SplitMetrics) -> SplitMetrics:
    """The metrics; a DivergenceError if the loss of a split is not finite."""
    for split, values in metrics.items():
        if not np.isfinite(values["loss"]):
            raise DivergenceError(f"the {split} loss is not finite")
    return metrics
