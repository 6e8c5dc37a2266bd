"""The arithmetic of a loss, while it is short."""

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


def value(loss: Loss, found: Backprop) -> str:
    """`1/2*(1 - 0.3)^2 = 0.245`, or the number alone."""
    a = found.layers[-1].a
    terms = _terms(loss, a.ravel(), found.y.ravel()) if a.ndim == 1 and a.size <= ROOM else []
    text = " + ".join(terms)
    if len(terms) > 1:
        text = f"({text})/{len(terms)}"
    if text and found.penalty:
        text += f" + {number(found.penalty)} (penalty)"
    whole = f"{text} = {number(found.loss)}"
    return whole if text and len(whole) <= ROOM else number(found.loss)


@singledispatch
def _terms(loss: Loss, a: np.ndarray, y: np.ndarray) -> list[str]:  # noqa: ARG001
    """What a loss is the mean of; nothing where it is not as simple."""
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
