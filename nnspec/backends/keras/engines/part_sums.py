"""Gradients and results of a batch as sums of those of its parts."""

from __future__ import annotations

from keras import ops

from nnspec.backends.batch_parts import BatchPart
from nnspec.backends.keras.rules import Tensor


class PartSums:
    """Adds the gradients of parts, times their shares, and the parts' results.

    The first result is sums over rows; the others are predictions, whose rows are joined.
    """

    def __init__(self) -> None:
        self.gradients: list[Tensor] = []
        self.results: list[list[Tensor]] = []

    def add(self, part: BatchPart, gradients: list[Tensor], results: list[Tensor]) -> None:
        """Add a part."""
        shares = gradients if part.is_whole else [g * part.share for g in gradients]
        pairs = zip(self.gradients, shares, strict=True)
        self.gradients = [a + b for a, b in pairs] if self.gradients else shares
        self.results.append(results)

    def totals(self) -> tuple[list[Tensor], list[Tensor]]:
        """The gradients and the results of the batch."""
        if len(self.results) == 1:
            return self.gradients, self.results[0]
        sums, *predictions = zip(*self.results, strict=True)
        return self.gradients, [sum(sums[1:], sums[0]), *map(ops.concatenate, predictions)]
