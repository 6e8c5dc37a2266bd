"""The loss of a linear model, a parabola over its weights: its minimum and its steepness."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Weights
from nnspec.components.losses.base import Loss
from nnspec.graph.ir import Node


class Quadratic(NamedTuple):
    """share |A W - B|^2: the squared error over some rows, and the L2 penalties.

    A has a row for each row of the inputs (with a 1 for the bias), and below them one for each
    weight with a penalty, of which B asks that the weight be 0. All numbers are float64.
    """

    a: Array  # (rows, weights of a unit)
    b: Array  # (rows, units)
    share: float
    layer: Node

    @classmethod
    def of(cls, layer: Node, loss: Loss, inputs: Array, targets: Array) -> Quadratic:
        """The loss of a linear model whose dense layer is `layer`, over all these rows."""
        x = inputs.reshape(len(inputs), layer.input_shapes[0][0]).astype(np.float64)
        y = targets.reshape(len(inputs), layer.shape[0]).astype(np.float64)
        columns = [x, np.ones((len(x), 1))] if "bias" in layer.weights else [x]
        share = (loss.squared_error or 0.0) / y.size
        below = _penalty_rows(layer, share)
        a = np.concatenate([np.concatenate(columns, axis=1), below])
        return cls(a, np.concatenate([y, np.zeros((len(below), y.shape[1]))]), share, layer)

    def minimum(self) -> Weights:
        """The weights of the smallest loss; where there are several, those of the smallest norm.

        Raises numpy.linalg.LinAlgError where none is found.
        """
        found = np.linalg.lstsq(self.a, self.b, rcond=None)[0]
        kernel, bias = np.split(found, [self.layer.input_shapes[0][0]])
        parts = {"kernel": kernel, "bias": bias.reshape(-1)}
        return {f"{self.layer.name}/{name}": parts[name] for name in self.layer.weights}

    def largest_rate(self) -> float:
        """2 / lambda_max of the Hessian 2 share A'A: plain descent with more diverges."""
        largest = float(np.abs(self.a).max(initial=0))
        if largest == 0:
            return inf
        a = self.a / largest  # so that no square overflows
        return 1 / (self.share * float(np.linalg.eigvalsh(a.T @ a)[-1])) / largest / largest


def _penalty_rows(layer: Node, share: float) -> Array:
    """For each weight of a unit with a penalty l2 w^2 = share (sqrt(l2 / share) w - 0)^2, a row."""
    strengths = [
        weight.regularizer.strengths[1] if weight.regularizer else 0.0
        for weight in layer.weights.values()
        for _ in range(weight.size // layer.shape[0])
    ]
    rows: Array = np.diag(np.sqrt(np.array(strengths) / share))
    return rows[np.array(strengths) > 0]
