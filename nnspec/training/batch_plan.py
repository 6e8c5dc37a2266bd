"""Which batches the steps of a training have, and which steps are an epoch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from nnspec.backends.contract import Indices
from nnspec.spec.train_options import TrainOptions
from nnspec.training.sampling import drawn_rows, pass_batches


class PassBatches(NamedTuple):
    """Consecutive batches of one pass over the rows."""

    number: int  # of the pass, from 1
    batches: list[Indices]


class BatchPlan:
    """The batches of a training of some rows: passes over them, divided into epochs.

    Passes follow each other, each in an order of its own. An epoch is `steps_per_epoch` batches
    wherever these are in the passes, or one pass; the last epoch may have fewer. Steps count from
    0, passes and epochs from 1. With `classes` of the rows, passes draw rare ones several times.
    """

    def __init__(self, rows: int, options: TrainOptions, classes: Indices | None = None) -> None:
        self.rows, self.options, self.classes = rows, options, classes
        drawn = rows if classes is None else drawn_rows(classes)
        size = drawn if options.batch_size == "all" else options.batch_size
        self.steps_per_pass = -(-drawn // size)
        self.steps_per_epoch = options.steps_per_epoch or self.steps_per_pass
        self._pass = PassBatches(0, [])  # the one that was drawn last

    @property
    def steps(self) -> int:
        """The number of batches of the whole training, if nothing ends it before."""
        steps, epochs = self.options.steps, self.options.epochs
        return (epochs or 0) * self.steps_per_epoch if steps is None else steps

    @property
    def epochs(self) -> int:
        """The number of epochs of the whole training, the last of which may be partial."""
        return -(-self.steps // self.steps_per_epoch)

    def steps_of(self, epoch: int) -> range:
        """The steps of an epoch; of one after the last there are none."""
        start = (epoch - 1) * self.steps_per_epoch
        return range(start, min(start + self.steps_per_epoch, self.steps))

    def batches(self, steps: range) -> Iterator[PassBatches]:
        """The batches of consecutive steps, pass by pass."""
        start = steps.start
        while start < steps.stop:
            number, first = divmod(start, self.steps_per_pass)
            chosen = self._batches_of(number + 1)[first : first + steps.stop - start]
            yield PassBatches(number + 1, chosen)
            start += len(chosen)

    def _batches_of(self, number: int) -> list[Indices]:
        if self._pass.number != number:
            drawn = pass_batches(self.rows, self.options, number, self.classes)
            self._pass = PassBatches(number, drawn)
        return self._pass.batches
