"""What watches over a training from its first update to its last: restart points, diagnosis."""

from __future__ import annotations

from nnspec.components.schedules.base import EpochMetrics
from nnspec.compute import ComputeConfig
from nnspec.training.diagnosis.diagnose import diagnose
from nnspec.training.diagnosis.finding import Finding
from nnspec.training.diagnosis.restart import RestartPoints
from nnspec.training.loop import DivergenceError, Epoch, Progress, ShouldStop
from nnspec.training.session import TrainingSession


class TrainingMonitor:
    """Follows the training of a session, and says why it diverged if it does."""

    def __init__(self, session: TrainingSession, compute: ComputeConfig) -> None:
        self.session, self.compute = session, compute
        self.measured: list[EpochMetrics] = []
        self.points = RestartPoints(session.program)

    def on_progress(self, progress: Progress) -> None:
        """Keep a restart point if one is due."""
        self.points.update(self.measured, progress.batch)

    def on_epoch_end(self, epoch: Epoch) -> None:
        """Keep the metrics of an epoch, by which the learning rate may go."""
        self.measured.append(epoch.measured)

    def diagnosis(self, error: DivergenceError, should_stop: ShouldStop) -> Finding:
        """Why the training diverged. The program has other weights afterwards."""
        point = self.points.newest
        return diagnose(self.session, self.compute, point, self.measured, error, should_stop)
