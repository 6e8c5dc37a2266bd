"""The base class of callbacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from nnspec.components.schedules.base import EpochMetrics
from nnspec.options.component import Component


class Callback(Component):
    """Base class of callbacks: each is called after every epoch, and may end the training.

    A callback changes no weight. One that adds columns to history.csv names them in `columns`; a
    rule `callback.<kind>` of the group `nnspec.rules.training` computes them.
    """

    family = "callback"
    uses_learning_rate: ClassVar[bool] = False  # which a closed form has not

    def columns(self) -> Mapping[str, bool]:
        """The columns that it adds to history.csv, each with whether lower is better."""
        return {}

    def bind(self, metrics: Mapping[str, bool]) -> Callback:
        """The callback with each option that depends on the metrics of the run resolved.

        `metrics` are the columns of each epoch, each with whether lower is better. Raises
        LocatedError, with the path to an option, where it does not fit them.
        """
        return self

    def stops(self, epochs: Sequence[EpochMetrics]) -> bool:
        """Whether the training ends after these epochs, of which there is one at least.

        It depends on nothing else, so a training that goes on decides as if it had not stopped.
        """
        return False
