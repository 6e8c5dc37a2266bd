"""PyTorch against the reference engine on random networks: outputs, gradients, updates."""

from __future__ import annotations

import pytest

from nnspec.backends import conformance
from tests.random_graphs import random_case

pytest.importorskip("torch")

pytestmark = pytest.mark.framework


@pytest.mark.parametrize("seed", range(40))
def test_random_network(seed: int) -> None:
    conformance.check(random_case(seed), "torch")
