"""A tuning study: evaluate every setting on every fold in parallel worker processes."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError
from optuna.trial import FrozenTrial, Trial, TrialState

from nnspec.backends import discovery, thread_limit
from nnspec.backends.numpy.fast.cpu_threads import processors
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.splits import Splits, data_sha256
from nnspec.errors import NnspecError, RunError, visible
from nnspec.options.component import to_plain
from nnspec.parity.process_start import refuse_in_starting_process
from nnspec.spec.document import Spec
from nnspec.spec.loader import unresolved
from nnspec.spec.tune import Tune
from nnspec.training.data_shapes import compile_with_data
from nnspec.training.loop import DivergenceError, ShouldStop, TrainingInterrupt, never_stop
from nnspec.training.session import training_setup
from nnspec.tuning import optuna_adapter, storage, workers
from nnspec.tuning.data_check import check_data
from nnspec.tuning.results import Results, State, TrialResult, most_complete, worst_value
from nnspec.tuning.trial_spec import metric_direction, metric_name, validate_tune
from nnspec.tuning.workers import WorkerPool, WorkerProcess

_FOLDS, _PROCESSES, _MESSAGE = "folds", "processes", "message"  # user attributes of a trial
_SURPLUS = "one more than there are settings"
_WAIT_SECONDS = 1.0  # between two polls for trials of other machines

ResultsCallback = Callable[[Results], None]
_NUMPY = ComputeConfig()


class OpenStudy(NamedTuple):
    """An open tuning study: spec, folder, metric and the Optuna study that records its trials."""

    spec: Spec
    tune: Tune
    folder: Path
    metric: str
    record: optuna.Study

    def results(self) -> Results:
        """The results so far."""
        return Results(
            self.folder, self.metric, metric_direction(self.spec, self.metric), self.tune.folds,
            self.tune.settings, _rows(self.trials(), self.tune),
        )  # fmt: skip

    def trials(self) -> list[FrozenTrial]:
        """Optuna's trials in order of their numbers; read-only."""
        return self.record.get_trials(deepcopy=False)


def run_study(
    spec: Spec, compute: ComputeConfig = _NUMPY, out: Path = Path("runs"), jobs: int = 0,
    on_results: ResultsCallback = lambda _: None, should_stop: ShouldStop = never_stop,
) -> Results:  # fmt: skip
    """Evaluate every setting of the `tune` section that is not done yet; return all results.

    `jobs` processes train in parallel (0: one per processor). `on_results` is called with the
    results before the first fold and after each fold. When `should_stop` returns True, the
    results so far are returned; another call resumes the study.

    Raises an NnspecError if the spec, the data, the folder or the storage is invalid.
    """
    refuse_in_starting_process()
    tune = validate_tune(spec)
    training_setup(spec, compile_with_data(spec))
    discovery.find(compute.backend)
    check_data(spec, tune, compute)
    with _silence_optuna(), _open_study(spec, tune, compute, out) as study:
        on_results(study.results())
        count = min(jobs or processors(), tune.settings)
        config = workers.StudyConfig(unresolved(spec), tune, study.metric, compute)
        if not study.results().complete:
            with WorkerPool.open(count, config, should_stop) as pool:
                _run_trials(study, pool, on_results, should_stop)
        return study.results()


@contextmanager
def _open_study(spec: Spec, tune: Tune, compute: ComputeConfig, out: Path) -> Iterator[OpenStudy]:
    """Create the study in its folder, or resume it."""
    name = study_id(spec, tune, compute)
    folder, metric = out / spec.name / "tune" / name, metric_name(spec, tune)
    with storage.open_storage(spec, tune, folder) as opened:
        record = optuna.create_study(
            storage=opened, study_name=f"{spec.name}-{name}", load_if_exists=True,
            direction=metric_direction(spec, metric),
            pruner=optuna_adapter.build_pruner(tune.pruner, tune),
        )  # fmt: skip
        study = OpenStudy(spec, tune, folder, metric, record)
        record.sampler = optuna_adapter.build_sampler(tune.sampler, tune, study.trials)
        if tune.storage is None:
            storage.fail_running_trials(record)
        yield study


def study_id(spec: Spec, tune: Tune, compute: ComputeConfig) -> str:
    """Hash of the spec, the tuning rows and the precision: the study's id.

    The number of trials, the storage and the backend may change when a study is resumed.
    """
    rows = folds.tuning_rows(spec, tune)
    document = {key: value for key, value in unresolved(spec).root.items() if key not in _EXCLUDED}
    section = to_plain(tune.replace(trials=None, storage=None))
    data = data_sha256(Splits(rows, None, None))
    values = [to_plain(document), section, data, compute.precision]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


_EXCLUDED = ("tune", "expect", "silence")


@contextmanager
def _silence_optuna() -> Iterator[None]:
    """Suppress Optuna's log and its warnings; turn its errors into RunError."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            yield
    except OptunaError as error:
        raise RunError(f"the study's storage failed: {error}") from None
    finally:
        optuna.logging.set_verbosity(before)


# ---------------------------------------------------------------- trials


class _SurplusTrial(Exception):  # noqa: N818  (no error)
    """Another machine has started the last setting in the meantime."""


def _run_trials(
    study: OpenStudy, pool: WorkerPool, on_results: ResultsCallback, should_stop: ShouldStop
) -> None:
    """Run trials until every setting has finished, here or on other machines."""

    def objective(trial: Trial) -> float:
        with pool.acquire() as worker:
            return _objective(study, trial, worker, on_results)

    while not should_stop() and not study.results().complete:
        waiting = _count_waiting(study)
        if waiting:
            jobs = min(len(pool.workers), waiting)
            jobs = max(1, thread_limit.startable(jobs))  # Optuna starts a thread for each job
            finished = _count_finished(study)
            _optimize(study, objective, waiting, jobs)
            if not should_stop():
                _check_recorded(study, finished)
        elif any(trial.state == TrialState.RUNNING for trial in study.trials()):
            time.sleep(_WAIT_SECONDS)
            optuna.storages.fail_stale_trials(study.record)
        else:
            for trial in storage.lost_trials(study.record, _MESSAGE):
                storage.retry_trial(study.record, trial)


def _optimize(
    study: OpenStudy, objective: Callable[[Trial], float], trials: int, jobs: int
) -> None:
    try:
        study.record.optimize(objective, trials, n_jobs=jobs, catch=(NnspecError, _SurplusTrial))
    except TrainingInterrupt:
        pass  # an interrupted trial is retried when the study is resumed
    except OSError:
        raise _unwritable(study) from None
    except AssertionError as error:  # Optuna's own, while it handles an error of the storage
        if not isinstance(error.__context__, OSError):
            raise
        raise _unwritable(study) from None


def _check_recorded(study: OpenStudy, finished: int) -> None:
    """Raise RunError if trials that ended are not recorded: Optuna drops errors of its threads."""
    running = any(trial.state == TrialState.RUNNING for trial in study.trials())
    if _count_finished(study) == finished or (running and study.tune.storage is None):
        raise _unwritable(study)


def _unwritable(study: OpenStudy) -> RunError:
    where = visible(str(study.folder))
    return RunError(f"the study in {where} cannot be written", "perhaps the disk is full")


def _count_finished(study: OpenStudy) -> int:
    return sum(trial.state.is_finished() for trial in study.trials())


def _count_waiting(study: OpenStudy) -> int:
    """The number of trials to start: those of new settings, and queued retries."""
    trials = study.trials()
    waiting = sum(trial.state == TrialState.WAITING for trial in trials)
    settings = max(optuna_adapter.setting_indices(trials), default=-1) + 1
    return waiting + max(0, study.tune.settings - settings)


def _objective(
    study: OpenStudy, trial: Trial, worker: WorkerProcess, on_results: ResultsCallback
) -> float:
    """The mean of the metric over the folds; the worst value if training diverges."""
    if optuna_adapter.setting_indices(study.trials())[trial.number] >= study.tune.settings:
        trial.set_user_attr(_MESSAGE, _SURPLUS)
        raise _SurplusTrial
    setting = optuna_adapter.spec_values(optuna_adapter.suggest(trial, study.tune), study.tune)
    try:
        return _cross_validate(study, trial, setting, worker, on_results)
    except DivergenceError as error:
        trial.set_user_attr(_MESSAGE, str(error))
        return worst_value(metric_direction(study.spec, study.metric))
    except NnspecError as error:
        trial.set_user_attr(_MESSAGE, error.problems[0].message)
        raise


def _cross_validate(
    study: OpenStudy,
    trial: Trial,
    setting: dict[str, Any],
    worker: WorkerProcess,
    on_results: ResultsCallback,
) -> float:
    """The mean over the folds, reported to Optuna after each; a retry skips completed folds."""
    values, processes = (list(trial.user_attrs.get(key, ())) for key in (_FOLDS, _PROCESSES))
    for fold in range(len(values), study.tune.folds):
        result = worker.fit(setting, fold)
        values, processes = [*values, result.value], [*processes, result.process]
        trial.set_user_attr(_PROCESSES, processes)
        trial.set_user_attr(_FOLDS, values)
        trial.report(fmean(values), step=fold + 1)
        on_results(study.results())
        if fold + 1 < study.tune.folds and trial.should_prune():
            raise optuna.TrialPruned
    return fmean(values)


# ---------------------------------------------------------------- results


def _rows(trials: list[FrozenTrial], tune: Tune) -> list[TrialResult]:
    """One row per setting that was started."""
    rows: dict[int, list[TrialResult]] = {}
    for trial, index in zip(trials, optuna_adapter.setting_indices(trials), strict=True):
        if index < tune.settings:
            rows.setdefault(index, []).append(_row(trial, index, tune))
    return [most_complete(repeats) for _, repeats in sorted(rows.items())]


def _row(trial: FrozenTrial, index: int, tune: Tune) -> TrialResult:
    """A trial as the result of setting `index`."""
    values, processes = (tuple(trial.user_attrs.get(key, ())) for key in (_FOLDS, _PROCESSES))
    message = trial.user_attrs.get(_MESSAGE, "")
    parameters = to_plain(optuna_adapter.spec_values(trial.params, tune))
    return TrialResult(
        index + 1, parameters, _state(trial), values, processes[: len(values)], message
    )


def _state(trial: FrozenTrial) -> State:
    """The state of a trial; a failed one without a message was killed and is open."""
    explained = _MESSAGE in trial.user_attrs
    if trial.state == TrialState.COMPLETE:
        return "diverged" if explained else "done"
    if trial.state == TrialState.PRUNED:
        return "pruned"
    return "failed" if trial.state == TrialState.FAIL and explained else "open"
