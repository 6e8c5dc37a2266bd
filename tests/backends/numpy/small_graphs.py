"""Small cases with an input of three numbers, for tests of the reference engine."""

from __future__ import annotations

from typing import Any

import numpy as np

from nnspec.backends import conformance
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.graph.ir import Graph

REFERENCE = "numpy:reference"
ROWS = np.arange(4)


def case(layers: list[Any], *, inputs: Any = None, outputs: Any = None, **others: Any) -> Any:
    """A case with an input of three numbers unless `inputs` says otherwise."""
    network: dict[str, Any] = {"layers": layers}
    network.update({"inputs": inputs} if inputs else {"input_shape": [3]})
    network.update({"outputs": outputs} if outputs else {})
    return conformance.Case("by hand", network, **others)


def program_of(which: conformance.Case) -> tuple[Graph, TrainingSetup, Program]:
    graph, setup = which.graph(), which.setup()
    return graph, setup, conformance.program_of(graph, setup, REFERENCE)


def predict(which: conformance.Case, inputs: Any) -> np.ndarray:
    return program_of(which)[2].predict(inputs)


def named(kind: str, name: str, *inputs: str, **options: Any) -> dict[str, Any]:
    return {kind: {"name": name, **({"inputs": list(inputs)} if inputs else {}), **options}}


X = np.random.default_rng(0).normal(size=(4, 3))
