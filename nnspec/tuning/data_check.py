"""A check of the data before a study: an error that no setting avoids is one of the spec."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.compute import ComputeConfig
from nnspec.data import folds
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.data.splitting.method import Fold
from nnspec.errors import NnspecError
from nnspec.graph.compile import compile_spec
from nnspec.spec.document import Spec
from nnspec.spec.tune import Tune
from nnspec.training.balance import Balance
from nnspec.training.data_shapes import compile_with_data
from nnspec.training.prepared_data import PreparedData, read_for_shapes
from nnspec.tuning.cross_validation import spec_of_folds
from nnspec.tuning.fold_errors import located_in_fold
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
    """The error of preparing all rows that the folds are made of, or those of a fold."""
    try:
        rows = folds.tuning_rows(spec, tune)
        PreparedData.of(Splits(rows, None, None), spec, compile_with_data(spec), compute)
        _check_folds(spec_of_folds(spec), rows, folds.assign_folds(spec, tune, rows), compute)
    except NnspecError as error:
        return error
    return None


def _check_folds(spec: Spec, rows: Rows, dealt: list[Fold], compute: ComputeConfig) -> None:
    """Raise the error of preparing the rows of a fold, if one has any."""
    for number, fold in enumerate(dealt):
        with located_in_fold(spec, rows, dealt, number):
            _prepare(spec, folds.hold_out(rows, fold), compute)


def _prepare(spec: Spec, splits: Splits, compute: ComputeConfig) -> None:
    """Prepare rows as a run does before it begins."""
    spec, read = read_for_shapes(spec, lambda _: splits)
    graph, fitted = compile_spec(spec), read.fitted if read else None
    prepared = PreparedData.of(splits, spec, graph, compute, fitted)
    Balance.of(prepared.splits.train, prepared.preprocessing, spec, graph, compute)
