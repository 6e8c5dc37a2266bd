"""A check of the data before a study: an error that no setting avoids is one of the spec."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.splits import Splits
from nnspec.errors import NnspecError
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune
from nnspec.training.data_shapes import compile_with_data
from nnspec.training.prepared_data import PreparedData
from nnspec.tuning.trial_spec import trial_spec


def check_data(spec: Spec, tune: Tune, compute: ComputeConfig) -> None:
    """Raise the error of the spec's rows, if it has one and no value of a parameter is without."""
    error = _error(spec, tune, compute)
    if error and all(_error(one, tune, compute) for one in _variants(spec, tune)):
        raise error


def _variants(spec: Spec, tune: Tune) -> Iterator[Spec]:
    """The spec with each value that is listed for a parameter, or each end of its range."""
    for path, candidates in tune.parameters.items():
        for value in candidates.ends():
            yield trial_spec(spec, {path: value})


def _error(spec: Spec, tune: Tune, compute: ComputeConfig) -> NnspecError | None:
    """The error of preparing all rows that the folds are made of."""
    try:
        rows = folds.tuning_rows(spec, tune)
        PreparedData.of(Splits(rows, None, None), spec, compile_with_data(spec), compute)
    except NnspecError as error:
        return error
    return None
