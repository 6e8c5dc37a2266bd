"""The rule of embeddings: rows of a table."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, RuleContext
from nnspec.components.layers.embedding import Embedding


def embedding(_: Embedding, context: RuleContext) -> Forward:
    """y = E[x]; dE[i] = the sum of dy wherever x = i."""
    table = context.weight("embeddings")

    def forward(x: Array) -> tuple[Array, Backward]:
        def backward(dy: Array) -> tuple[None]:
            gradient = np.zeros_like(table)
            np.add.at(gradient, x, dy)
            context.add_gradient("embeddings", gradient)
            return (None,)

        return table[x], backward

    return forward
