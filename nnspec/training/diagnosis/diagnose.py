"""The diagnosis of a divergence: the replay, then the first rule that finds a cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import EpochMetrics
from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.training.diagnosis.data_rules import (
    huge_input,
    huge_target,
    loss_weight,
    row_weight,
    unscaled_input,
)
from nnspec.training.diagnosis.evidence import Evidence
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.layer_rules import (
    activation_overflow,
    division_by_zero,
    first_overflow,
    initial_explosion,
    precision_overflow,
)
from nnspec.training.diagnosis.loss_rules import undefined_loss
from nnspec.training.diagnosis.penalty_rules import regularizer
from nnspec.training.diagnosis.replay import FailingUpdate, Replay, failing_evaluation
from nnspec.training.diagnosis.restart import RestartPoint
from nnspec.training.diagnosis.update_rules import learning_rate
from nnspec.training.loop import DivergenceError, ShouldStop, TrainingInterrupt
from nnspec.training.memory_check import MemoryNeed, machine_memory
from nnspec.training.session import TrainingSession

Rule = Callable[[Evidence], Finding | None]
# The first that finds a cause is right: what breaks by itself stands before what may follow.
RULES: tuple[Rule, ...] = (
    row_weight,
    loss_weight,
    regularizer,
    huge_input,
    huge_target,
    division_by_zero,
    undefined_loss,
    precision_overflow,
    activation_overflow,
    initial_explosion,
    unscaled_input,
    learning_rate,
    first_overflow,
)


_COPIES = 12  # of the weights and gradients in three traces


def diagnose(
    session: TrainingSession, compute: ComputeConfig, point: RestartPoint,
    measured: Sequence[EpochMetrics], error: DivergenceError, should_stop: ShouldStop,
) -> Finding:  # fmt: skip
    """Why a training diverged; `measured` are the metrics of its whole epochs.

    The training is replayed from `point`, on the same backend and with the same program, which
    has other weights afterwards; its failing update is traced by the NumPy reference engine.
    """
    try:
        if error.epoch is None:
            failing = failing_evaluation(session, measured)
        else:
            replay = Replay(session, point, measured, should_stop)
            failing = replay.failing_update(error.epoch, error.update)
        fits = failing is not None and _fits(session, failing)
        found = _first_cause(Evidence(session, failing, compute)) if failing and fits else None
    except (NnspecError, TrainingInterrupt, MemoryError):  # what cannot be traced, is not
        found = None
    return found or _unknown(session)


def _fits(session: TrainingSession, failing: FailingUpdate) -> bool:
    """Whether the values of three traces of a batch fit into half of the memory."""
    rows = 3 * len(failing.batch)
    need = MemoryNeed.of(session.graph, _COPIES, rows, np.dtype(np.float64).itemsize)
    return need.total < machine_memory() / 2


def _first_cause(evidence: Evidence) -> Finding | None:
    return next((found for rule in RULES if (found := rule(evidence))), None)


def _unknown(session: TrainingSession) -> Finding:
    """What is said where no rule finds a cause."""
    optimizer = session.spec.optimizer
    is_optimizer = isinstance(optimizer, Optimizer)
    hint = "lower the learning rate" if is_optimizer else "scale the data"
    path = ("optimizer", optimizer.kind if optimizer else "", "learning_rate")
    return Finding("unknown", "", hint, path)
