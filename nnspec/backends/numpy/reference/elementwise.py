"""The rule of a layer that is a function of single numbers, made of the function."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.reference.context import Backward, Forward, Rule, RuleContext

Derivative = Callable[[], Array]  # computes dy/dx of each number, where it is needed
Result = tuple[Array, Derivative]
Function = Callable[[Any, Array], Result]


def elementwise(function: Function) -> Rule:
    """The rule of a layer whose y and dy/dx `function(layer, x)` gives."""

    @wraps(function)
    def rule(layer: Any, _: RuleContext) -> Forward:
        def forward(x: Array) -> tuple[Array, Backward]:
            y, derivative = function(layer, x)
            return y, lambda dy: (dy * derivative(),)

        return forward

    return rule
