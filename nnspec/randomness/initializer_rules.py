"""Table of the rules that draw initial weights, by the initializer's kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nnspec.options.rules import Rules
from nnspec.options.types import Shape
from nnspec.randomness.philox import Floats

Key = tuple[str | int, ...]  # key of the random numbers
InitializerRule = Callable[[Any, Shape, Key], Floats]  # returns prod(shape) values, any shape

INITIALIZERS: Rules[InitializerRule] = Rules(
    "numpy", "initializer", "nnspec.randomness", {
        "constant": "distributions",
        "filters": "distributions",
        "glorot_normal": "distributions:variance_scaling",
        "glorot_uniform": "distributions:variance_scaling",
        "he_normal": "distributions:variance_scaling",
        "he_uniform": "distributions:variance_scaling",
        "identity": "distributions",
        "lecun_normal": "distributions:variance_scaling",
        "lecun_uniform": "distributions:variance_scaling",
        "ones": "distributions",
        "orthogonal": "distributions",
        "random_normal": "distributions",
        "random_uniform": "distributions",
        "truncated_normal": "distributions",
        "values": "distributions",
        "variance_scaling": "distributions",
        "zeros": "distributions",
    },
)  # fmt: skip
