"""A study: every setting trained on every fold, by processes that share the work."""

from __future__ import annotations

import hashlib
import json
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import optuna
from optuna.exceptions import ExperimentalWarning, OptunaError
from optuna.trial import FrozenTrial, Trial, TrialState

from nnspec.backends import discovery
from nnspec.backends.numpy.fast.blas import processors
from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.splits import Splits, data_sha256
from nnspec.errors import NnspecError, RunError
from nnspec.options.component import to_plain
from nnspec.spec.document import Spec
from nnspec.spec.loader import unresolved
from nnspec.spec.tune import Tune
from nnspec.training.loop import Diverged, Interrupted, ShouldStop, never
from nnspec.training.session import training_setup
from nnspec.tuning import optuna_adapter, storage, workers
from nnspec.tuning.results import Results, State, TrialResult, most_complete, worst
from nnspec.tuning.trial_spec import checked_tune, direction_of, metric_of
from nnspec.tuning.workers import WorkerPool, WorkerProcess

_FOLDS, _PROCESSES, _MESSAGE = "folds", "processes", "message"  # attributes of a trial
_SURPLUS = "one more than there are settings"
_WAIT_SECONDS = 1.0  # between two looks at what other machines do

ResultsCallback = Callable[[Results], None]
_NUMPY = ComputeConfig()


class OpenStudy(NamedTuple):
    """A study that is open: what it is about, and Optuna's record of it."""

    spec: Spec
    tune: Tune
    folder: Path
    metric: str
    record: optuna.Study

    def results(self) -> Results:
        """What is known so far."""
        return Results(
            self.folder, self.metric, direction_of(self.spec, self.metric), self.tune.folds,
            self.tune.settings, _rows(self.trials(), self.tune),
        )  # fmt: skip

    def trials(self) -> list[FrozenTrial]:
        """Optuna's trials, by their numbers; not to be changed."""
        return self.record.get_trials(deepcopy=False)


def run_study(
    spec: Spec, compute: ComputeConfig = _NUMPY, out: Path = Path("runs"), jobs: int = 0,
    told: ResultsCallback = lambda _: None, stop: ShouldStop = never,
) -> Results:  # fmt: skip
    """Try every setting of the `tune` section that has not been tried, and give all results.

    `jobs` processes train at a time (0: one for each processor). `told` is called with the
    results before the first fold and after each. Where `stop` says so, the results so far are
    given; called again, the study goes on where it stopped.

    Raises an NnspecError where the spec, the data, the folder or the storage is wrong.
    """
    tune = checked_tune(spec)
    training_setup(spec)
    discovery.find(compute.backend)
    with _quiet(), _begun(spec, tune, compute, out) as begun:
        told(begun.results())
        count = min(jobs or processors(), tune.settings)
        knows = workers.StudyConfig(unresolved(spec), tune, begun.metric, compute)
        if not begun.results().complete:
            with WorkerPool.open(count, knows, stop) as desks:
                _work(begun, desks, told, stop)
        return begun.results()


@contextmanager
def _begun(spec: Spec, tune: Tune, compute: ComputeConfig, out: Path) -> Iterator[OpenStudy]:
    """The study in its folder, new or gone on with."""
    name = study_id(spec, tune, compute)
    folder, metric = out / spec.name / "tune" / name, metric_of(spec, tune)
    with storage.open_storage(spec, tune, folder) as kept:
        record = optuna.create_study(
            storage=kept, study_name=f"{spec.name}-{name}", load_if_exists=True,
            direction=direction_of(spec, metric), pruner=optuna_adapter.pruner(tune.pruner, tune),
        )  # fmt: skip
        begun = OpenStudy(spec, tune, folder, metric, record)
        record.sampler = optuna_adapter.sampler(tune.sampler, tune, begun.trials)
        if tune.storage is None:
            storage.fail_killed(record)
        yield begun


def study_id(spec: Spec, tune: Tune, compute: ComputeConfig) -> str:
    """A name for what decides the results: the document, the rows, the precision.

    Not the number of trials, the storage, the backend: with others of these a study goes on.
    """
    table = folds.tuning_rows(spec, tune)
    document = {key: value for key, value in unresolved(spec).root.items() if key not in _ASIDE}
    section = to_plain(tune.replace(trials=None, storage=None))
    rows = data_sha256(Splits(table, None, None))
    values = [to_plain(document), section, rows, compute.precision]
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:12]


_ASIDE = ("tune", "expect", "silence")


@contextmanager
def _quiet() -> Iterator[None]:
    """Optuna's log and its notes on young functions are not this command's."""
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


# ---------------------------------------------------------------- the work


class _Surplus(Exception):  # noqa: N818  (nothing went wrong)
    """Another machine has begun the last setting in the meantime."""


def _work(begun: OpenStudy, desks: WorkerPool, told: ResultsCallback, stop: ShouldStop) -> None:
    """Train until every setting has ended, here or elsewhere."""

    def objective(trial: Trial) -> float:
        with desks.one() as one:
            return _trained(begun, trial, one, told)

    while not stop() and not begun.results().complete:
        waiting = _unbegun(begun)
        if waiting:
            jobs = min(len(desks.all), waiting)
            _optimize(begun, objective, waiting, jobs)
        elif any(trial.state == TrialState.RUNNING for trial in begun.trials()):
            time.sleep(_WAIT_SECONDS)
            optuna.storages.fail_stale_trials(begun.record)
        else:
            for trial in storage.lost_trials(begun.record, _MESSAGE):
                storage.enqueue_again(begun.record, trial)


def _optimize(
    begun: OpenStudy, objective: Callable[[Trial], float], trials: int, jobs: int
) -> None:
    with suppress(Interrupted):  # what was stopped is tried again when the study goes on
        begun.record.optimize(objective, trials, n_jobs=jobs, catch=(NnspecError, _Surplus))


def _unbegun(begun: OpenStudy) -> int:
    """How many trials can be begun: of settings that nobody has begun, and those to repeat."""
    trials = begun.trials()
    waiting = sum(trial.state == TrialState.WAITING for trial in trials)
    settings = max(optuna_adapter.indices(trials), default=-1) + 1
    return waiting + max(0, begun.tune.settings - settings)


def _trained(begun: OpenStudy, trial: Trial, one: WorkerProcess, told: ResultsCallback) -> float:
    """The objective: the mean of the metric over the folds, told to Optuna after each fold."""
    if optuna_adapter.indices(begun.trials())[trial.number] >= begun.tune.settings:
        trial.set_user_attr(_MESSAGE, _SURPLUS)
        raise _Surplus
    setting = optuna_adapter.values(optuna_adapter.suggested(trial, begun.tune), begun.tune)
    try:
        return _over_folds(begun, trial, setting, one, told)
    except Diverged as error:
        trial.set_user_attr(_MESSAGE, str(error))
        return worst(direction_of(begun.spec, begun.metric))
    except NnspecError as error:
        trial.set_user_attr(_MESSAGE, error.problems[0].message)
        raise


def _over_folds(
    begun: OpenStudy,
    trial: Trial,
    setting: dict[str, Any],
    one: WorkerProcess,
    told: ResultsCallback,
) -> float:
    """Folds that were done before the study was killed are not done again."""
    values, processes = (list(trial.user_attrs.get(key, ())) for key in (_FOLDS, _PROCESSES))
    for fold in range(len(values), begun.tune.folds):
        fit = one.fit(setting, fold)
        values, processes = [*values, fit.value], [*processes, fit.process]
        trial.set_user_attr(_PROCESSES, processes)
        trial.set_user_attr(_FOLDS, values)
        trial.report(fmean(values), step=fold + 1)
        told(begun.results())
        if fold + 1 < begun.tune.folds and trial.should_prune():
            raise optuna.TrialPruned
    return fmean(values)


# ---------------------------------------------------------------- the results


def _rows(trials: list[FrozenTrial], tune: Tune) -> list[TrialResult]:
    """A row for each setting that was begun."""
    begun: dict[int, list[TrialResult]] = {}
    for trial, index in zip(trials, optuna_adapter.indices(trials), strict=True):
        if index < tune.settings:
            begun.setdefault(index, []).append(_row(trial, index, tune))
    return [most_complete(rows) for _, rows in sorted(begun.items())]


def _row(trial: FrozenTrial, index: int, tune: Tune) -> TrialResult:
    values, processes = (tuple(trial.user_attrs.get(key, ())) for key in (_FOLDS, _PROCESSES))
    message = trial.user_attrs.get(_MESSAGE, "")
    parameters = to_plain(optuna_adapter.values(trial.params, tune))
    return TrialResult(
        index + 1, parameters, _state(trial), values, processes[: len(values)], message
    )


def _state(trial: FrozenTrial) -> State:
    said = _MESSAGE in trial.user_attrs
    if trial.state == TrialState.COMPLETE:
        return "diverged" if said else "done"
    if trial.state == TrialState.PRUNED:
        return "pruned"
    return "failed" if trial.state == TrialState.FAIL and said else "open"
