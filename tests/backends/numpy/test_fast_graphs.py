"""The fast engine on graphs: random ones against the reference, in blocks, with any threads."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

from nnspec.backends import conformance
from nnspec.backends.conformance import Case
from nnspec.backends.conformance.case import ROWS
from nnspec.backends.numpy.fast import engine
from nnspec.backends.numpy.fast.engine import FastEngine
from nnspec.backends.numpy.program import NumpyProgram
from nnspec.compute import ComputeConfig
from nnspec.randomness import initial_weights
from tests.random_graphs import random_case

SEEDS = range(60)
BLOCK_ROWS = 3  # so that the rows of a case are three blocks


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr(engine, "rows_per_block", lambda *_: BLOCK_ROWS)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_graph_agrees_with_the_reference(seed):
    conformance.check(random_case(seed), "numpy:fast")


@pytest.mark.parametrize("case", conformance.cases(), ids=str)
def test_conformance_in_several_blocks(case):
    conformance.check(case, "numpy:fast")


def results(case: Case, workers: int, precision: Any = "float64") -> dict[str, np.ndarray]:
    """Outputs, gradients and trained weights of a case with a number of threads."""
    graph, setup = case.graph(), case.setup()
    factory = partial(FastEngine, workers=workers)
    program = NumpyProgram(graph, setup, ComputeConfig(precision=precision), factory)
    program.set_weights(initial_weights.initial_weights(graph, 0))
    inputs = case.inputs(graph)
    rows = program.upload(inputs, case.targets(graph, setup))
    found = {f"output {n}": y for n, y in program.predict_outputs(inputs).items()}
    found |= {f"dL/d {n}": g for n, g in program.gradients(rows, np.arange(ROWS)).items()}
    program.train(rows, [np.arange(i, ROWS) for i in range(4)])
    return {**found, **program.weights()}


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_bits_with_any_number_of_threads(seed):
    case = random_case(seed)
    alone = results(case, 1)
    for workers in (2, 3):
        for name, values in results(case, workers).items():
            np.testing.assert_array_equal(values, alone[name], err_msg=name)


@pytest.mark.parametrize("seed", range(0, 60, 5))
def test_single_precision_follows_double_precision(seed):
    case = random_case(seed)
    single, double = (results(case, 2, precision) for precision in ("float32", "float64"))
    for name, expected in double.items():
        scale = max(1.0, float(np.abs(expected).max(initial=0)))
        np.testing.assert_allclose(single[name], expected, rtol=0, atol=2e-3 * scale, err_msg=name)
