"""A check of learning rates that depend on validation rows, which a column may not name."""

from __future__ import annotations

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Schedule
from nnspec.data.splits import Splits
from nnspec.errors import DataError, Problem
from nnspec.spec.document import Spec
from nnspec.spec.validation_split import has_validation

_OF_VALIDATION = "val_"  # before the names of metrics


def check_monitored(spec: Spec, optimizer: Optimizer, splits: Splits) -> None:
    """Raise DataError where a schedule monitors validation rows and the data have none."""
    schedule = optimizer.learning_rate
    monitor = getattr(schedule, "monitor", None) or ""
    if not isinstance(schedule, Schedule) or not monitor.startswith(_OF_VALIDATION):
        return
    if has_validation(spec) and splits.validation is None:
        message = f"{schedule.kind} monitors {monitor}, and the data have no validation rows"
        place = spec.locate("optimizer", optimizer.kind, "learning_rate")
        raise DataError(Problem(message, place, "name some in the column of the split"))
