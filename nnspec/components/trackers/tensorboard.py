"""Curves for TensorBoard."""

from __future__ import annotations

from nnspec.components.trackers.base import Tracker
from nnspec.options.types import NonNegativeInt


class TensorBoard(Tracker, kind="tensorboard", primary="histograms"):
    """Event files that TensorBoard shows, in the folder `tensorboard` of the run.

    They hold loss, metrics and learning rate of each epoch under the names of `history.csv`, the
    resolved spec, the figures at the end, and every `histograms` epochs the distribution of each
    weight (0: of none).
    """

    histograms: NonNegativeInt = 1
