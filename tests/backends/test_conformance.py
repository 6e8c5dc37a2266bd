"""The conformance suite on the built-in backends."""

from __future__ import annotations

import pytest

from nnspec.backends import conformance

pytestmark = pytest.mark.framework

CASES = conformance.cases()
# Keras is tried with many layers in one network, on each engine: tests/backends/keras.
WITHOUT_LAYERS = [case for case in CASES if not case.name.startswith("layer ")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_torch(case: conformance.Case) -> None:
    pytest.importorskip("torch")
    conformance.check(case, "torch")


@pytest.mark.parametrize("case", WITHOUT_LAYERS, ids=str)
def test_keras(case: conformance.Case) -> None:
    pytest.importorskip("tensorflow")
    conformance.check(case, "keras:tensorflow")
