"""Check that the numbers of a spec's options are numbers in the precision of a run."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.compute import ComputeConfig
from nnspec.errors import Problem, SpecError
from nnspec.lint.precision import option_numbers
from nnspec.spec.document import Spec


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
        for path, value in option_numbers(spec)
        if (rounded := _in_type(value, compute.dtype)) != value
        and (rounded == 0 or (np.isinf(rounded) and "learning_rate" not in path))
    ]
    if problems:
        raise SpecError(problems)


def _in_type(value: float, dtype: np.dtype[Any]) -> float:
    with np.errstate(all="ignore"):
        return float(dtype.type(value))
