"""L1 and L2 penalties."""

from __future__ import annotations

from nnspec.components.regularizers.base import Regularizer
from nnspec.options.types import NonNegativeFloat


class L1(Regularizer, kind="l1", primary="l1"):
    """l1 sum |w|: drives weights to exactly 0."""

    l1: NonNegativeFloat = 0.01

    @property
    def strengths(self) -> tuple[float, float]:
        """(l1, 0)."""
        return self.l1, 0.0


class L2(Regularizer, kind="l2", primary="l2"):
    """l2 sum w^2, without the 1/2 that some texts have: keeps weights small."""

    l2: NonNegativeFloat = 0.01

    @property
    def strengths(self) -> tuple[float, float]:
        """(0, l2)."""
        return 0.0, self.l2


class L1L2(Regularizer, kind="l1_l2"):
    """l1 sum |w| + l2 sum w^2."""

    l1: NonNegativeFloat = 0.0
    l2: NonNegativeFloat = 0.0

    @property
    def strengths(self) -> tuple[float, float]:
        """(l1, l2)."""
        return self.l1, self.l2
