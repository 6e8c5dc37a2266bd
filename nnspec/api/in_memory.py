"""Training of a spec without a run folder."""

from __future__ import annotations

from typing import NamedTuple, NoReturn

from nnspec.compute import ComputeConfig
from nnspec.data.located_errors import located
from nnspec.data.row_counts import RowCounts
from nnspec.errors import Problem, RunError, SpecError
from nnspec.graph.summary import summarise
from nnspec.runs.evaluation import evaluate_splits
from nnspec.runs.expectations import Expectation, compare_expectations
from nnspec.runs.expected_behaviour import expected_of_session, parts_with_figures
from nnspec.runs.folder import RunFolder, ignore
from nnspec.runs.initial_weights import start_from_run
from nnspec.runs.listener import RunListener
from nnspec.runs.report import SplitMetrics
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import prepared_session
from nnspec.runs.training_length import TrainingLength
from nnspec.runs.training_run import advice_on, check_finite, diagnosed, training_monitor
from nnspec.runs.weight_files import all_finite
from nnspec.spec.document import Spec
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.loop import DivergenceError, Progress, TrainingInterrupt, train_epochs
from nnspec.training.monitoring.monitor import TrainingMonitor
from nnspec.training.prepared_data import LoadSplits
from nnspec.training.session import TrainingSession


class UnsavedFolder(RunFolder):
    """The folder of a run that is in memory alone: there is none."""

    def __init__(self) -> None:
        self.on_note = ignore

    def __getattr__(self, name: str) -> NoReturn:
        if name != "path":
            raise AttributeError(name)
        raise RunError("the run is in memory alone", "nnspec.run(spec, folder='runs') keeps one")


class MemoryRun(NamedTuple):
    """A trained network, its epochs, its metrics and what came out of expectations.

    Metrics and expectations are None of a run that was stopped.
    """

    trained: TrainedRun
    epochs: list[Epoch]
    metrics: SplitMetrics | None
    expectations: list[Expectation] | None
    length: TrainingLength


def train_in_memory(
    spec: Spec, compute: ComputeConfig, load: LoadSplits, listener: RunListener
) -> MemoryRun:
    """Train and evaluate a spec; nothing is written.

    Raises an NnspecError if the spec or the data are invalid, or the training diverges.
    """
    if spec.track:
        message, hint = "track needs a run folder", "give nnspec.run a folder, or take track out"
        raise SpecError(Problem(message, spec.locate_key("track"), hint))
    session = start_from_run(prepared_session(spec, compute, listener, load), listener.on_note)
    if session.splits.refused:
        listener.on_refused_rows(RowCounts.of(session.splits))
    for advice in advice_on(session):
        listener.on_advice(advice)
    history = TrainingHistory(callbacks=session.callbacks())
    try:
        with located(spec.locate("data", "source")):  # streamed rows are read here
            monitor = training_monitor(session, compute, history, listener)
            metrics = _train(session, listener, history, monitor)
            length = TrainingLength.of(session.batch_plan, history)
            tested = expected_of_session(session, compute, listener, length) if metrics else None
    except DivergenceError as error:
        raise diagnosed(error, monitor, listener) from None
    expectations = None
    if tested is not None:
        summary = summarise(session.graph)
        expectations = compare_expectations(spec.expect, summary, metrics or {}) + tested
    return MemoryRun(_trained(session, compute), history.epochs, metrics, expectations, length)


def _train(
    session: TrainingSession, listener: RunListener, history: TrainingHistory,
    monitor: TrainingMonitor,
) -> SplitMetrics | None:  # fmt: skip
    """Train and evaluate, add each epoch to the history; None after an interrupt."""
    program, validation = session.program, session.splits.validation

    def on_progress(progress: Progress) -> None:
        monitor.on_progress(progress)
        listener.on_progress(progress)

    monitor.begin()
    try:
        for epoch in train_epochs(
            program, session.training, session.options, on_progress,
            listener.should_stop, validation, history, session.balance,
        ):  # fmt: skip
            monitor.on_epoch_end(epoch)
            listener.on_epoch_end(epoch)
        if not all_finite(program.weights()):
            epochs = len(history.epochs)
            raise DivergenceError(f"a weight is not finite after epoch {epochs}", epochs)
        return check_finite(evaluate_splits(program, parts_with_figures(session), listener))
    except TrainingInterrupt:
        return None


def _trained(session: TrainingSession, compute: ComputeConfig) -> TrainedRun:
    spec = session.spec.with_data_spec(session.data_spec)
    compute = compute._replace(seed=spec.train.seed)
    return TrainedRun(
        UnsavedFolder(), compute, spec, session.graph, session.preprocessing, session.program
    )
