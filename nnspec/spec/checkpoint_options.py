"""The option `train.checkpoint`: how often a run writes a checkpoint."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from nnspec.options.model import Model
from nnspec.options.types import PositiveFloat, PositiveInt


class CheckpointOptions(Model):
    """How often a run writes a checkpoint: after so many steps (batches), or so many minutes.

    It changes no result. At the end and where it is interrupted a run writes one in any case.
    """

    every_steps: PositiveInt | None = None
    every_minutes: PositiveFloat | None = None

    @model_validator(mode="after")
    def _check_one(self) -> Self:
        if (self.every_steps is None) == (self.every_minutes is None):
            raise ValueError("write one of every_steps and every_minutes")
        return self
