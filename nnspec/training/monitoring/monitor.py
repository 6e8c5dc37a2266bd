"""What watches over a training from its first update to its last."""

from __future__ import annotations

from collections.abc import Callable

from nnspec.components.schedules.base import EpochMetrics
from nnspec.compute import ComputeConfig
from nnspec.errors import Problem
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.restart import RestartPoints
from nnspec.training.history import Epoch, TrainingHistory
from nnspec.training.loop import DivergenceError, Progress, ShouldStop
from nnspec.training.monitoring.constant_loss import ConstantLoss
from nnspec.training.monitoring.initial_loss import initial_loss, initial_loss_advice
from nnspec.training.monitoring.preflight import WORTH_TELLING, DurationEstimate, Preflight
from nnspec.training.monitoring.rising_loss import RisingLoss
from nnspec.training.session import TrainingSession

OnAdvice = Callable[[Problem], None]
OnPreflight = Callable[[Preflight], None]


class TrainingMonitor:
    """Follows the training of a session: gives advice, and says why it diverged if it does.

    `history` is what it has measured before, if it goes on. `on_preflight` is called where the
    training is expected to take long.
    """

    def __init__(
        self, session: TrainingSession, compute: ComputeConfig, history: TrainingHistory,
        on_advice: OnAdvice, on_preflight: OnPreflight,
    ) -> None:  # fmt: skip
        self.session, self.compute = session, compute
        self.on_advice, self.on_preflight = on_advice, on_preflight
        self.measured: list[EpochMetrics] = history.measured
        self.batches = history.batches_done  # of the epoch at hand
        self.points = RestartPoints(session.program, self.measured, self.batches)
        found = initial_loss(session)
        self.preflight = Preflight(found, session.memory(compute))
        self.estimate = DurationEstimate(history.steps(session.batch_plan))
        losses = [one["loss"] for one in self.measured]
        first = losses[0] if losses else found.loss * _mean_weight(session)
        self.rising = RisingLoss(session.spec, first)
        self.constant = ConstantLoss(session, compute, losses[-1] if losses else found.loss)

    def begin(self) -> None:
        """Give the advice that needs no training, where none has been."""
        if not self.measured and not self.batches:
            self._advise(initial_loss_advice(self.session, self.preflight.initial))

    def on_progress(self, progress: Progress) -> None:
        """Look at an epoch so far."""
        self.points.update(self.measured, progress.batch)
        self.batches = progress.batch
        self._estimate(progress)
        loss = progress.metrics["loss"]
        self._advise(self.rising.advice(progress.epoch, progress.step, loss))

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Look at a whole epoch."""
        self.measured.append(epoch.measured)
        self._advise(self.constant.advice(self.batches, epoch.metrics["loss"]))

    def diagnosis(self, error: DivergenceError, should_stop: ShouldStop) -> Finding:
        """Why the training diverged. The program has other weights afterwards."""
        from nnspec.training.diagnosis.diagnose import diagnose  # few trainings need it

        session, point = self.session, self.points.newest
        return diagnose(session, self.compute, point, self.measured, error, should_stop)

    def _estimate(self, progress: Progress) -> None:
        if self.preflight.seconds is None:
            seconds = self.estimate.seconds(progress)
            self.preflight = self.preflight._replace(seconds=seconds)
            if seconds is not None and seconds > WORTH_TELLING:
                self.on_preflight(self.preflight)

    def _advise(self, found: list[Problem]) -> None:
        for advice in found:
            self.on_advice(advice)


def _mean_weight(session: TrainingSession) -> float:
    """The largest mean of the row weights of an output, by which training losses are larger."""
    return max((float(w.mean()) for w in session.balance.weights.values()), default=1.0)
