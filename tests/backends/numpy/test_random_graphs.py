"""The reference engine on random networks: gradients against central differences."""

from __future__ import annotations

import pytest

from nnspec.backends import conformance
from tests.finite_differences import check_directions
from tests.random_graphs import random_case


@pytest.mark.parametrize("seed", range(25))
def test_gradients(seed: int) -> None:
    case = random_case(seed)
    graph, setup = case.graph(), case.setup()
    program = conformance.program_of(graph, setup, "numpy:reference")
    check_directions(program, case.inputs(graph), case.targets(graph, setup), seed)
