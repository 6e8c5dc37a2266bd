"""The expected outputs of ONNX's tests of single operators, and what a backend computes instead.

`onnx.npz` holds its tests of operators that one layer of nnspec, or two or three, compute: inputs,
weights and outputs of at most two rows (channels last, and of large ones a part), and the layers as
a spec writes them. All are in one network, so that a backend builds and compiles but one. ONNX is
licensed under Apache-2.0.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from nnspec.backends import discovery
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.spec.loader import build

ARRAYS = dict(np.load(Path(__file__).parent / "onnx.npz", allow_pickle=False))
CASES: dict[str, dict[str, Any]] = {
    case["name"]: {**case, "number": number}
    for number, case in enumerate(json.loads(str(ARRAYS["cases"])))
}
ROWS = 2


def differences(backend: str) -> dict[str, float]:
    """The largest difference of each case, relative to what ONNX allows: 1e-5 + 1e-3 |y|."""
    graph = _graph()
    program = discovery.build_program(graph, None, ComputeConfig(backend, "float64"))
    weights = {
        f"{case['name']}/{name}": _array(case, name)
        for case in CASES.values()
        for name in case["weights"]
    }
    program.set_weights(weights)
    inputs = {name: _rows(_array(case, place)) for name, case, place in _inputs()}
    outputs = program.predict_outputs(inputs)
    return {name: _difference(outputs[name], case) for name, case in CASES.items()}


def _difference(found: np.ndarray, case: dict[str, Any]) -> float:
    y = _array(case, "y")
    assert found.shape[1:] == y.shape[1:]
    return float((np.abs(found[: len(y)] - y) / (1e-5 + 1e-3 * np.abs(y))).max())


def _graph() -> Graph:
    """The network of all cases: each has inputs and an output of its own."""
    inputs = {}
    for name, case, place in _inputs():
        x = _array(case, place)
        dtype = "float32" if x.dtype.kind == "f" else "int32"
        inputs[name] = {"shape": list(x.shape[1:]), "dtype": dtype}
    layers = [layer for name, case in CASES.items() for layer in _layers(name, case)]
    return compile_spec(
        build({"network": {"inputs": inputs, "layers": layers, "outputs": list(CASES)}})
    )


def _layers(name: str, case: dict[str, Any]) -> list[Any]:
    """The layers of a case, of which the last has its name."""
    reads = [f"{name}_x{number}" for number in range(case["inputs"])]
    layers = []
    for number, (kind, options) in enumerate(case["layers"], 1):
        own = name if number == len(case["layers"]) else f"{name}_{number}"
        layers.append({kind: {**options, "name": own, "inputs": reads}})
        reads = [own]
    return layers


def _inputs() -> list[tuple[str, dict[str, Any], str]]:
    """Of each input its name, its case, and the name of its array."""
    return [
        (f"{name}_x{number}", case, f"x{number}")
        for name, case in CASES.items()
        for number in range(case["inputs"])
    ]


def _array(case: dict[str, Any], name: str) -> np.ndarray:
    return ARRAYS[f"{case['number']}.{name}"]


def _rows(x: np.ndarray) -> np.ndarray:
    """As many rows as the other inputs have."""
    return x[np.arange(ROWS) % len(x)]
