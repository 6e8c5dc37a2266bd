"""The norms of the weights, and of their change in each epoch."""

from __future__ import annotations

from collections.abc import Mapping

from nnspec.components.callbacks.base import Callback


class WeightNormMonitor(Callback, kind="weight_norm_monitor"):
    """Adds the L2 norms of the weights, and of their change in an epoch, to history.csv.

    `weight_norm` is sqrt(sum_i w_i^2) over all numbers w_i of the trained weights after the epoch;
    `weight_change` is sqrt(sum_i (w_i - v_i)^2), v_i the numbers before the epoch. Both are summed
    in float64. It keeps a copy of the trained weights, in memory and in checkpoints.
    """

    def columns(self) -> Mapping[str, bool]:
        """`weight_norm` and `weight_change`."""
        return {"weight_norm": True, "weight_change": True}
