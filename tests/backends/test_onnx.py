"""Single layers against the expected outputs of ONNX's node tests, on every backend.

`onnx.npz` holds its node tests of layers that nnspec has (inputs, weights and outputs; channels
moved last), with the layer as a spec writes it. ONNX is licensed under Apache-2.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.networks import graph_of, program_of

pytestmark = pytest.mark.framework

ARRAYS = dict(np.load(Path(__file__).parent / "onnx.npz", allow_pickle=False))
CASES = list(enumerate(json.loads(str(ARRAYS["cases"]))))
NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}


@pytest.mark.parametrize("backend", NEEDS)
@pytest.mark.parametrize(("number", "case"), CASES, ids=[case["name"] for _, case in CASES])
def test_outputs(number: int, case: dict[str, Any], backend: str) -> None:
    pytest.importorskip(NEEDS[backend])
    x, y = ARRAYS[f"{number}.x"], ARRAYS[f"{number}.y"]
    graph = graph_of([case["layer"]], x.shape[1:])
    program = program_of(graph, backend=backend)
    node = graph.nodes[0].name
    weights = {f"{node}/{name}": ARRAYS[f"{number}.{name}"] for name in case["weights"]}
    program.set_weights({**program.weights(), **weights})
    np.testing.assert_allclose(program.predict(x), y, rtol=1e-3, atol=1e-5)
