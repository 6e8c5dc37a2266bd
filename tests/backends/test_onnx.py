"""Layers against the expected outputs of ONNX's tests of single operators, on every backend.

Those of the Keras backend run in the process of each engine: `tests/backends/keras`.
"""

from __future__ import annotations

from functools import cache

import pytest

from tests.backends import onnx_cases

pytestmark = pytest.mark.framework

differences = cache(onnx_cases.differences)


@pytest.mark.parametrize("backend", ["numpy:reference", "numpy:fast", "torch"])
@pytest.mark.parametrize("name", onnx_cases.CASES)
def test_outputs(name: str, backend: str) -> None:
    pytest.importorskip(backend.partition(":")[0])
    assert differences(backend)[name] <= 1
