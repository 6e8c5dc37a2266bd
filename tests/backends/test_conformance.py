"""The conformance suite on the built-in backends."""

from __future__ import annotations

import pytest

from nnspec.backends import conformance

pytestmark = pytest.mark.framework

CASES = conformance.cases()
# Layers, many in one network, graphs and losses are tried on each engine: tests/backends/keras.
OTHERS = [case for case in CASES if not case.name.startswith(("layer ", "graph ", "loss "))]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_torch(case: conformance.Case) -> None:
    pytest.importorskip("torch")
    conformance.check(case, "torch")


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_numpy(case: conformance.Case) -> None:
    conformance.check(case, "numpy")


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_keras(case: conformance.Case) -> None:
    pytest.importorskip("tensorflow")
    conformance.check(case, "keras:tensorflow")
