"""Positions in trainings whose epochs all have as many batches."""

from nnspec.training.loop import Progress


def position(epoch, batch, batches, metrics, epochs=1, budget_left=None):
    """The position after a batch of an epoch, both from 1."""
    step = (epoch - 1) * batches + batch
    return Progress(epoch, batch, batches, metrics, step, epochs * batches, epochs, budget_left)
