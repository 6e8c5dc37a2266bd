"""Check that the numbers of a spec's options are numbers in the precision of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from nnspec.components.initializers.base import Initializer
from nnspec.compute import ComputeConfig
from nnspec.errors import Problem, SpecError
from nnspec.options.component import Component
from nnspec.options.model import Model
from nnspec.spec.document import Spec

Path = tuple[str | int, ...]
_SECTIONS = ("network", "loss", "loss_weights", "optimizer", "metrics")  # of a program


def check_precision(spec: Spec, compute: ComputeConfig) -> None:
    """Raise SpecError at each option whose number overflows, or becomes 0, in the precision.

    Of a large learning rate the divergence that it brings tells more.
    """
    problems = [
        Problem(
            f"{value!r} is {rounded:g} in {compute.dtype}",
            spec.locate(*path),
            "--precision float64 reaches from 5e-324 to 1.8e308",
        )
        for section in _SECTIONS
        for path, value in _numbers(getattr(spec, section), (section,))
        if (rounded := _in_type(value, compute.dtype)) != value
        and (rounded == 0 or (np.isinf(rounded) and "learning_rate" not in path))
    ]
    if problems:
        raise SpecError(problems)


def _in_type(value: float, dtype: np.dtype[Any]) -> float:
    with np.errstate(all="ignore"):
        return float(dtype.type(value))


def _numbers(value: Any, path: Path) -> Iterator[tuple[Path, float]]:
    """The real numbers among the options of a value, each with its path in the spec.

    Initial weights are rounded to float32 in any precision; initializers check them themselves.
    """
    if isinstance(value, float):
        yield path, value
    elif isinstance(value, Model) and not isinstance(value, Initializer):
        kind = (value.kind,) if isinstance(value, Component) else ()
        yield from _numbers(value.options(), (*path, *kind))
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _numbers(inner, (*path, name))
    elif isinstance(value, tuple | list):
        for index, inner in enumerate(value):
            yield from _numbers(inner, (*path, index))
