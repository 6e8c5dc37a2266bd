"""Base class of regularizers: weight penalties added to the training and the reported loss."""

from __future__ import annotations

from nnspec.options.component import Component


class Regularizer(Component):
    """A penalty l1 sum |w| + l2 sum w^2 on a weight; its gradient is l1 sign w + 2 l2 w."""

    family = "regularizer"

    @property
    def strengths(self) -> tuple[float, float]:
        """The coefficients (l1, l2) of sum |w| and sum w^2."""
        raise TypeError(f"{type(self).__name__} lacks strengths")
