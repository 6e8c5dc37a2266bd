"""Text of the arithmetic of a loss, if it is short."""

from __future__ import annotations

from functools import singledispatch

import numpy as np

from nnspec.analysis.backprop.trace import Backprop, OutputTrace
from nnspec.cli.render.numbers import ROOM, factor, number
from nnspec.components.losses.base import Loss
from nnspec.components.losses.crossentropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    SparseCategoricalCrossentropy,
)
from nnspec.components.losses.regression import HalfSquaredError, MeanSquaredError


def equation(trace: Backprop) -> str:
    """An equation such as `1/2*(1 - 0.3)^2 = 0.245`, or the number alone.

    Of several outputs it is the sum of their losses, each times its weight.
    """
    (first, *others) = trace.outputs
    text = " + ".join(map(_weighted, trace.outputs)) if others else _weighted(first, _text(first))
    if text and trace.penalty:
        text += f" + {number(trace.penalty)} (penalty)"
    return _equation(text, trace.loss)


def output_equation(output: OutputTrace) -> str:
    """The equation of the loss of one of several outputs."""
    return _equation(_text(output), output.value)


def _weighted(output: OutputTrace, text: str | None = None) -> str:
    """The text times the output's weight; without a text, the number times it."""
    text = number(output.value) if text is None else text
    return text if output.weight == 1 or not text else f"{number(output.weight)}*{text}"


def _text(output: OutputTrace) -> str:
    """The arithmetic of an output's loss; empty if it is long."""
    a = output.a
    is_short = _is_short(a) and not output.loss.takes_logits
    terms = _terms(output.loss, a.ravel(), output.y.ravel()) if is_short else []
    return f"({' + '.join(terms)})/{len(terms)}" if len(terms) > 1 else "".join(terms)


def _is_short(a: np.ndarray) -> bool:
    return a.ndim == 1 and a.size <= ROOM


def _equation(text: str, value: float) -> str:
    line = f"{text} = {number(value)}"
    return line if text and len(line) <= ROOM else number(value)


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
