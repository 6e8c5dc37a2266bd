"""The backends on which the lecture's specs are trained."""

from __future__ import annotations

import pytest

NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}


@pytest.fixture(params=NEEDS)
def backend(request) -> str:
    """The name of each installed backend; Keras runs on TensorFlow."""
    pytest.importorskip(NEEDS[request.param])
    return request.param
