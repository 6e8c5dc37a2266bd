"""Lion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import Field

from nnspec.components.optimizers.base import Optimizer
from nnspec.components.schedules.base import Rate
from nnspec.options.types import UnitInterval


class Lion(Optimizer, kind="lion", primary="learning_rate"):
    """w <- w - learning_rate sign(beta_1 m + (1 - beta_1) g), m <- beta_2 m + (1 - beta_2) g
    (Chen et al., 2023).

    A sign is no continuous function: where beta_1 m + (1 - beta_1) g is 0 but for rounding,
    backends may step to different sides, in any precision, `exact` too.

    Remark: every number of a weight moves by the learning rate, which is to be smaller than
    adam's, 3 to 10 times, with a weight decay that is larger by as much.
    """

    exact: ClassVar[bool] = False

    learning_rate: Rate = 0.001
    beta_1: Annotated[float, Field(gt=0, le=1)] = 0.9
    beta_2: UnitInterval = 0.99

    @property
    def slots(self) -> Mapping[str, float]:
        """`momentum` m."""
        return {"momentum": 0.0}
