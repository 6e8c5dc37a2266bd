"""Text of the arithmetic of a loss, if it is short."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from nnspec.analysis.backprop.trace import Backprop
from nnspec.cli.render.numbers import ROOM, factor, number
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from nnspec.components.losses.regression import HalfSquaredError, MeanSquaredError


def equation(loss: Loss, trace: Backprop) -> str:
    """An equation such as `1/2*(1 - 0.3)^2 = 0.245`, or the number alone."""
    a = trace.layers[-1].a
    terms = _terms(loss, a.ravel(), trace.y.ravel()) if a.ndim == 1 and a.size <= ROOM else []
    text = " + ".join(terms)
    if len(terms) > 1:
        text = f"({text})/{len(terms)}"
    if text and trace.penalty:
        text += f" + {number(trace.penalty)} (penalty)"
    line = f"{text} = {number(trace.loss)}"
    return line if text and len(line) <= ROOM else number(trace.loss)


@singledispatch
def _terms(loss: Loss, a: np.ndarray, y: np.ndarray) -> list[str]:  # noqa: ARG001
    """The terms whose mean is the loss; empty if there is no simple form."""
    return []


@_terms.register
def _(loss: MeanSquaredError, a: np.ndarray, y: np.ndarray) -> list[str]:  # noqa: ARG001
    return [f"({number(one)} - {factor(out)})^2" for one, out in zip(y, a, strict=True)]


@_terms.register
def _(loss: HalfSquaredError, a: np.ndarray, y: np.ndarray) -> list[str]:  # noqa: ARG001
    return [f"1/2*({number(one)} - {factor(out)})^2" for one, out in zip(y, a, strict=True)]


@_terms.register
def _(loss: BinaryCrossentropy, a: np.ndarray, y: np.ndarray) -> list[str]:
    if loss.label_smoothing or not set(y) <= {0, 1}:
        return []
    pairs = zip(y, a, strict=True)
    return [f"-ln({number(out)})" if one else f"-ln(1 - {number(out)})" for one, out in pairs]


@_terms.register
def _(loss: CategoricalCrossentropy, a: np.ndarray, y: np.ndarray) -> list[str]:
    if loss.label_smoothing or sorted(y)[-2:] != [0, 1]:
        return []
    return [f"-ln({number(a[y.argmax()])})"]


@_terms.register
def _(loss: SparseCategoricalCrossentropy, a: np.ndarray, y: np.ndarray) -> list[str]:  # noqa: ARG001
    return [f"-ln({number(a[int(y.item())])})"]
