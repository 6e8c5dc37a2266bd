"""The lecture's specs, trained in memory on every backend that is installed."""

from __future__ import annotations

import pytest

NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}


@pytest.fixture(params=NEEDS)
def backend(request) -> str:
    """Each backend in turn; Keras on TensorFlow."""
    pytest.importorskip(NEEDS[request.param])
    return request.param
