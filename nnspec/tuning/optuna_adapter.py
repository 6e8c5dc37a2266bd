"""The `tune` section as Optuna's parts: suggestions, samplers, pruners."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import singledispatch
from itertools import product
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.pruners import BasePruner, HyperbandPruner, MedianPruner, NopPruner, PercentilePruner
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, Trial

from nnspec.components.search import pruners, samplers
from nnspec.errors import NnspecError
from nnspec.explain.entries import to_flow_yaml
from nnspec.spec.tune import Candidates, Tune

Setting = dict[str, Any]  # path -> value, as Optuna knows it
_SEEDS = 2**32  # that Optuna takes
Trials = Callable[[], Sequence[FrozenTrial]]


def suggested(trial: Trial, tune: Tune) -> Setting:
    """What a trial is to try."""
    return {path: _suggested(trial, path, of) for path, of in tune.parameters.items()}


def values(setting: Setting, tune: Tune) -> dict[str, Any]:
    """A setting as values of the spec."""
    return {path: _value(tune.parameters[path], one) for path, one in setting.items()}


def indices(trials: Sequence[FrozenTrial]) -> list[int]:
    """Which setting of a study each of its trials is for, counted from 0.

    Optuna numbers trials, on however many machines, without a gap; a trial that repeats another,
    whose process was killed, is for the same setting.
    """
    found: list[int] = []
    begun = 0
    for trial in trials:
        original = RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)
        found.append(begun if original is None else found[original])
        begun += original is None
    return found


def _suggested(trial: Trial, path: str, of: Candidates) -> Any:
    if of.values is not None:
        return trial.suggest_categorical(path, _texts(of.values))
    low, high, step = of.bounds
    suggest = trial.suggest_int if of.whole else trial.suggest_float
    return suggest(path, low, high, log=of.log, step=step)


def _texts(values: Sequence[Any]) -> list[str]:
    """Values as YAML: Optuna's storages know no lists and maps, and take 1 and true for one."""
    return [to_flow_yaml(value) for value in values]


def _value(of: Candidates, known: Any) -> Any:
    if of.values is None:
        return known
    return next(value for value in of.values if to_flow_yaml(value) == known)


# ---------------------------------------------------------------- samplers


class PlannedSampler(BaseSampler):  # type: ignore[misc, unused-ignore]
    """Settings that are known beforehand: the plan's first for the first trial, and so on.

    Optuna's own grid sampler may give a setting to two processes at once; this one cannot.
    """

    def __init__(self, plan: Sequence[Setting], trials: Trials) -> None:
        self.plan, self.trials = plan, trials

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, BaseDistribution]:
        """No parameter depends on another."""
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        """No parameter depends on another."""
        return {}

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """What the plan says."""
        return self.plan[indices(self.trials())[trial.number]][param_name]


@singledispatch
def sampler(of: samplers.Sampler, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    """Optuna's sampler for one of the language; `trials` gives those of the study."""
    raise NnspecError(f"nothing runs the sampler {of.kind!r}")


@sampler.register
def _(of: samplers.Grid, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    listed = [_listed(candidates) for candidates in tune.parameters.values()]
    plan = [dict(zip(tune.parameters, chosen, strict=True)) for chosen in product(*listed)]
    return PlannedSampler(plan, trials)


@sampler.register
def _(of: samplers.Random, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    """Drawn all at once, so that they are the same however often the study is interrupted."""
    draws = optuna.create_study(sampler=RandomSampler(tune.seed % _SEEDS))
    plan = [suggested(draws.ask(), tune) for _ in range(tune.settings)]
    return PlannedSampler(plan, trials)


@sampler.register
def _(of: samplers.TPE, tune: Tune, trials: Trials) -> BaseSampler:
    """A study that goes on does not draw again what it began with."""
    seed = (tune.seed + len(trials())) % _SEEDS
    return TPESampler(n_startup_trials=of.startup_trials, seed=seed)


def _listed(of: Candidates) -> list[Any]:
    return of.listed() if of.values is None else _texts(of.values)


# ---------------------------------------------------------------- pruners


@singledispatch
def pruner(of: pruners.Pruner | None, tune: Tune) -> BasePruner:  # noqa: ARG001
    """Optuna's pruner for one of the language; a trial's step is the number of its folds done."""
    if of is None:
        return NopPruner()
    raise NnspecError(f"nothing runs the pruner {of.kind!r}")


@pruner.register
def _(of: pruners.Median, tune: Tune) -> BasePruner:  # noqa: ARG001
    return MedianPruner(of.startup_trials, of.warmup_folds)


@pruner.register
def _(of: pruners.Percentile, tune: Tune) -> BasePruner:  # noqa: ARG001
    return PercentilePruner(of.percentile, of.startup_trials, of.warmup_folds)


@pruner.register
def _(of: pruners.Hyperband, tune: Tune) -> BasePruner:
    return HyperbandPruner(1, tune.folds, of.reduction_factor)
