"""The `tune` section in terms of Optuna: suggestions, samplers, pruners."""

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

Setting = dict[str, Any]  # path -> value, as stored by Optuna
_SEEDS = 2**32  # the number of seeds that Optuna takes
Trials = Callable[[], Sequence[FrozenTrial]]


def suggest(trial: Trial, tune: Tune) -> Setting:
    """The setting of a trial: a suggestion for each parameter."""
    return {path: _suggest_value(trial, path, one) for path, one in tune.parameters.items()}


def spec_values(setting: Setting, tune: Tune) -> dict[str, Any]:
    """A setting as values of the spec."""
    return {path: _spec_value(tune.parameters[path], one) for path, one in setting.items()}


def setting_indices(trials: Sequence[FrozenTrial]) -> list[int]:
    """The index of each trial's setting, from 0.

    Optuna numbers trials without gaps, on any number of machines; a retry of a killed trial has
    the setting of the original.
    """
    indices: list[int] = []
    settings = 0
    for trial in trials:
        original = RetryHeartbeatStaleTrialCallback.retried_trial_number(trial)
        indices.append(settings if original is None else indices[original])
        settings += original is None
    return indices


def _suggest_value(trial: Trial, path: str, candidates: Candidates) -> Any:
    """The trial's value of a parameter: a categorical, an int or a float."""
    if candidates.values is not None:
        return trial.suggest_categorical(path, _to_yaml(candidates.values))
    low, high, step = candidates.bounds
    suggest_number = trial.suggest_int if candidates.whole else trial.suggest_float
    return suggest_number(path, low, high, log=candidates.log, step=step)


def _to_yaml(values: Sequence[Any]) -> list[str]:
    """Values as YAML: Optuna's storages lack lists and maps, and do not tell 1 from true."""
    return [to_flow_yaml(value) for value in values]


def _spec_value(candidates: Candidates, stored: Any) -> Any:
    """The candidate whose YAML is stored, or the stored number."""
    if candidates.values is None:
        return stored
    return next(value for value in candidates.values if to_flow_yaml(value) == stored)


# ---------------------------------------------------------------- samplers


class PlanSampler(BaseSampler):  # type: ignore[misc, unused-ignore]
    """Sampler of a fixed list of settings: trial i gets the setting of its index.

    Optuna's grid sampler may give one setting to two processes; this one does not.
    """

    def __init__(self, plan: Sequence[Setting], trials: Trials) -> None:
        self.plan, self.trials = plan, trials

    def infer_relative_search_space(self, study: Any, trial: Any) -> dict[str, BaseDistribution]:
        """Empty: parameters are sampled independently."""
        return {}

    def sample_relative(self, study: Any, trial: Any, search_space: Any) -> dict[str, Any]:
        """Empty: parameters are sampled independently."""
        return {}

    def sample_independent(
        self, study: Any, trial: FrozenTrial, param_name: str, param_distribution: Any
    ) -> Any:
        """The value of the parameter in the trial's setting."""
        return self.plan[setting_indices(self.trials())[trial.number]][param_name]


@singledispatch
def build_sampler(config: samplers.Sampler, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    """Optuna's sampler for a sampler of the spec; `trials` returns the trials of the study."""
    raise NnspecError(f"nothing runs the sampler {config.kind!r}")


@build_sampler.register
def _(config: samplers.Grid, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    """All combinations of the candidates."""
    axes = [_grid_values(candidates) for candidates in tune.parameters.values()]
    plan = [dict(zip(tune.parameters, point, strict=True)) for point in product(*axes)]
    return PlanSampler(plan, trials)


@build_sampler.register
def _(config: samplers.Random, tune: Tune, trials: Trials) -> BaseSampler:  # noqa: ARG001
    """All settings are drawn at once, so that a resumed study has the same ones."""
    study = optuna.create_study(sampler=RandomSampler(tune.seed % _SEEDS))
    plan = [suggest(study.ask(), tune) for _ in range(tune.settings)]
    return PlanSampler(plan, trials)


@build_sampler.register
def _(config: samplers.TPE, tune: Tune, trials: Trials) -> BaseSampler:
    """Tree-structured Parzen estimator; a resumed study continues with another seed."""
    seed = (tune.seed + len(trials())) % _SEEDS
    return TPESampler(n_startup_trials=config.startup_trials, seed=seed)


def _grid_values(candidates: Candidates) -> list[Any]:
    """The values of a parameter in a grid."""
    return candidates.listed() if candidates.values is None else _to_yaml(candidates.values)


# ---------------------------------------------------------------- pruners


@singledispatch
def build_pruner(config: pruners.Pruner | None, tune: Tune) -> BasePruner:  # noqa: ARG001
    """Optuna's pruner for a pruner of the spec; a trial's step is its number of completed folds."""
    if config is None:
        return NopPruner()
    raise NnspecError(f"nothing runs the pruner {config.kind!r}")


@build_pruner.register
def _(config: pruners.Median, tune: Tune) -> BasePruner:  # noqa: ARG001
    return MedianPruner(config.startup_trials, config.warmup_folds)


@build_pruner.register
def _(config: pruners.Percentile, tune: Tune) -> BasePruner:  # noqa: ARG001
    return PercentilePruner(config.percentile, config.startup_trials, config.warmup_folds)


@build_pruner.register
def _(config: pruners.Hyperband, tune: Tune) -> BasePruner:
    return HyperbandPruner(1, tune.folds, config.reduction_factor)
