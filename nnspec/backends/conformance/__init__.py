"""Conformance suite for backends: every layer, loss and optimizer against the reference.

A backend adopts it with three lines in its own tests:

    @pytest.mark.parametrize("case", conformance.cases(), ids=str)
    def test_conformance(case):
        conformance.check(case, "mine")

`check_exact` compares the weights after updates in `exact` precision alone, which `check` does too
where all parts of a case say that it holds (`exact` of their classes). `joined_layer_cases()` has
the cases of layers, many in one network, for a backend that takes long to compile each.
"""

from __future__ import annotations

from nnspec.backends.conformance.case import Case
from nnspec.backends.conformance.cases import cases
from nnspec.backends.conformance.check import DifferenceError, check, check_exact, program_of, trace
from nnspec.backends.conformance.layer_cases import joined_layer_cases

__all__ = [
    "Case", "DifferenceError", "cases", "check", "check_exact", "joined_layer_cases", "program_of",
    "trace",
]  # fmt: skip
