"""The squared loss of a linear model as a quadratic form: its minimum and curvature."""

from __future__ import annotations

from math import inf
from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import Weights
from nnspec.components.losses.base import Loss
from nnspec.graph.ir import Node


class Quadratic(NamedTuple):
    """The loss scale |A W - B|^2: the squared error over some rows plus the L2 penalties.

    A stacks the input rows (with a column of ones for the bias) on one row for each weight with a
    penalty, B the targets on zeros for these. All numbers are float64.
    """

    a: Array  # (rows, weights of a unit)
    b: Array  # (rows, units)
    scale: float
    layer: Node

    @classmethod
    def of(
        cls, layer: Node, loss: Loss, inputs: Array, targets: Array, weights: Array | None = None
    ) -> Quadratic:
        """The loss of the linear model with dense layer `layer` over the given rows.

        A weight w of a row's loss multiplies the row of A and of B by sqrt(w).
        """
        x = inputs.reshape(len(inputs), layer.input_shapes[0][0]).astype(np.float64)
        y = targets.reshape(len(inputs), layer.shape[0]).astype(np.float64)
        columns = [x, np.ones((len(x), 1))] if "bias" in layer.weights else [x]
        if weights is not None:
            roots = np.sqrt(weights.astype(np.float64))[:, None]
            columns, y = [roots * column for column in columns], roots * y
        scale = (loss.squared_error or 0.0) / y.size
        penalties = _penalty_rows(layer, scale)
        a = np.concatenate([np.concatenate(columns, axis=1), penalties])
        b = np.concatenate([y, np.zeros((len(penalties), y.shape[1]))])
        return cls(a, b, scale, layer)

    def minimize(self) -> Weights:
        """The weights argmin |A W - B|^2; of several minima the one of smallest norm.

        Raises numpy.linalg.LinAlgError if the solver does not converge.
        """
        solution = np.linalg.lstsq(self.a, self.b, rcond=None)[0]
        kernel, bias = np.split(solution, [self.layer.input_shapes[0][0]])
        arrays = {"kernel": kernel, "bias": bias.reshape(-1)}
        return {f"{self.layer.name}/{name}": arrays[name] for name in self.layer.weights}

    def max_learning_rate(self) -> float:
        """2 / lambda_max of the Hessian 2 scale A'A; gradient descent diverges above it."""
        largest = float(np.abs(self.a).max(initial=0))
        if largest == 0:
            return inf
        a = self.a / largest  # so that no square overflows
        return 1 / (self.scale * float(np.linalg.eigvalsh(a.T @ a)[-1])) / largest / largest


def _penalty_rows(layer: Node, scale: float) -> Array:
    """Rows of A for the penalties of a unit: l2 w^2 = scale (sqrt(l2 / scale) w - 0)^2."""
    strengths = [
        weight.regularizer.strengths[1] if weight.regularizer else 0.0
        for weight in layer.weights.values()
        for _ in range(weight.size // layer.shape[0])
    ]
    rows: Array = np.diag(np.sqrt(np.array(strengths) / scale))
    return rows[np.array(strengths) > 0]
