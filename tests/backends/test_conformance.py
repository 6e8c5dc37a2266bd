"""The conformance suite on the built-in backends."""

from __future__ import annotations

import pytest

from nnspec.backends import conformance

pytestmark = pytest.mark.framework

NEEDS = {"torch": "torch", "keras:tensorflow": "tensorflow"}


@pytest.mark.parametrize("backend", NEEDS)
@pytest.mark.parametrize("case", conformance.cases(), ids=str)
def test_conformance(case: conformance.Case, backend: str) -> None:
    pytest.importorskip(NEEDS[backend])
    conformance.check(case, backend)
