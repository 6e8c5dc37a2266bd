"""The rules that read sources, draw synthetic rows, and fit and apply preprocessing steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from numpy.typing import NDArray

from nnspec.options.rules import Rules

Array = NDArray[Any]
FittedState = dict[str, Any]  # name -> nested lists of numbers, of the shape of a row
Portions = Callable[[], Iterator[Array]]  # the training rows bit by bit, as often as asked for


def _fits_nothing(_: Any, __: Portions) -> FittedState:
    return {}


class TransformRule(NamedTuple):
    """How a preprocessing step is fitted and applied.

    `apply(step, state, x)` gives the rows x (rows, ...) after the step; a DataError where a value
    does not suit it. `fit(step, portions)` gives the state, from the training rows alone.
    """

    apply: Callable[[Any, FittedState, Array], Array]
    fit: Callable[[Any, Portions], FittedState] = _fits_nothing
    state: tuple[str, ...] = ()  # the names that `fit` gives, in order


SourceRule = Callable[[Any, Path], Any]  # of the source and the spec's folder: RawSplits
FunctionRule = Callable[[Any, Any], tuple[Array, Array]]  # of the function and a Draw

TRANSFORMS: Rules[TransformRule] = Rules(
    "numpy", "preprocessing", "nnspec.data.preprocessing", {
        "cast": "transforms",
        "divide": "transforms",
        "flatten": "transforms",
        "one_hot": "transforms",
        "polynomial": "transforms",
        "reshape": "transforms",
        "scale": "transforms",
        "shuffle_columns": "transforms",
        "standardize": "transforms",
    },
)  # fmt: skip
SOURCES: Rules[SourceRule] = Rules(
    "numpy", "source", "nnspec.data", {
        "mnist": "sources:read_mnist",
        "npz": "sources:read_npz",
        "rows": "sources:read_inline",
        "synthetic": "sources:read_synthetic",
    },
)  # fmt: skip
FUNCTIONS: Rules[FunctionRule] = Rules(
    "numpy", "function", "nnspec.data", {
        "income_and_hours": "synthetic",
        "linear": "synthetic",
        "moons": "synthetic",
        "polynomial": "synthetic",
        "sine": "synthetic",
    },
)  # fmt: skip
