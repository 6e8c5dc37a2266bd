"""A check that validation rows are there where a metric of them is monitored."""

from __future__ import annotations

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Schedule
from nnspec.data.splits import Splits
from nnspec.errors import DataError, Problem
from nnspec.spec.document import Spec
from nnspec.spec.train_options import TrainOptions
from nnspec.spec.validation_split import has_validation

_OF_VALIDATION = "val_"  # before the names of metrics


def check_monitored(
    spec: Spec, optimizer: Optimizer, options: TrainOptions, splits: Splits
) -> None:
    """Raise DataError where validation rows are monitored, and none came with the data.

    The schedule of the optimizer, and the training options, are those that are bound to metrics.
    """
    if not has_validation(spec) or splits.validation is not None:
        return
    rate, place = optimizer.learning_rate, ("optimizer", optimizer.kind, "learning_rate")
    if isinstance(rate, Schedule):
        _check(spec, rate.kind, getattr(rate, "monitor", None), place)
    for name in ("early_stopping", "checkpoint"):
        _check(spec, name, getattr(getattr(options, name), "monitor", None), ("train", name))


def _check(spec: Spec, what: str, monitor: str | None, path: tuple[str, ...]) -> None:
    if monitor is not None and monitor.startswith(_OF_VALIDATION):
        message = f"{what} monitors {monitor}, and the data have no validation rows"
        given = spec.data is not None and spec.data.source.gives_validation
        hint = "give validation_data, or write train: {validation_split: 0.2}"
        hint = hint if given else "name some in the column of the split"
        raise DataError(Problem(message, spec.locate(*path), hint))
