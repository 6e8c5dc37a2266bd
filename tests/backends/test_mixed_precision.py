"""Precision `mixed_bfloat16`: products with kernels in bfloat16, all else in float32."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends.conformance.check import program_of
from nnspec.backends.conformance.layer_cases import layer_cases
from nnspec.backends.mixed_precision import multiplies_kernel
from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError
from nnspec.graph.lower import lower
from nnspec.training.session import TrainingSession
from tests.engines import compared
from tests.small_runs import rows, spec

STEP = 2.0**-8  # between bfloat16 numbers from 1 to 2
LAYERS = [
    {"conv2d": {"filters": 4, "kernel_size": 3}},
    "batch_normalization",
    "relu",
    {"dropout": {"rate": 0.3}},
    "flatten",
    {"dense": {"units": 16, "activation": "tanh"}},
    {"dense": {"units": 3, "activation": "softmax"}},
]
RANDOM = np.random.default_rng(8)
SOURCE = {
    "inputs": RANDOM.normal(size=(48, 6, 6, 2)).tolist(),
    "targets": RANDOM.integers(0, 3, 48).tolist(),
}


def values():
    return rows(
        SOURCE,
        network={"layers": LAYERS},
        loss="sparse_categorical_crossentropy",
        optimizer={"adam": 0.003},
        train={"epochs": 6, "batch_size": 16},
    )


def session(backend, precision="mixed_bfloat16"):
    return TrainingSession.prepare(spec(values()), ComputeConfig(backend, precision))


def test_numpy_does_not_compute_in_bfloat16():
    with pytest.raises(BackendError, match="the numpy backend does not compute in bfloat16"):
        session("numpy")


@pytest.mark.framework
def test_frameworks_agree_but_for_rounding():
    pytest.importorskip("torch")
    pytest.importorskip("tensorflow")
    found = compared(spec(values()), "mixed_bfloat16", 18, "torch", "keras:tensorflow")
    assert found.agree, found


@pytest.mark.framework
def test_products_are_rounded_and_all_that_is_stored_is_float32():
    torch = pytest.importorskip("torch")
    mixed, single = session("torch"), session("torch", "float32")
    inputs = mixed.splits.train.inputs
    found, expected = (of.program.predict(inputs) for of in (mixed, single))
    assert found.dtype == np.float32
    assert 0 < np.abs(found - expected).max() < 4 * STEP
    assert {each.dtype for each in mixed.program.native.parameters()} == {torch.float32}


@pytest.mark.framework
def test_a_run_in_it_learns_as_one_in_float32():
    pytest.importorskip("torch")
    losses = {}
    for precision in ("mixed_bfloat16", "float32"):
        of = session("torch", precision)
        train, batches = of.splits.train, [np.arange(i, 48, 3) for i in range(3)] * 20
        device_rows = of.program.upload(train.inputs, train.targets)
        losses[precision] = of.program.train(device_rows, batches).sums["loss"]
    first, last = losses["float32"][0], losses["float32"][-1]
    assert losses["mixed_bfloat16"][0] == pytest.approx(first, rel=4 * STEP)
    assert losses["mixed_bfloat16"][-1] == pytest.approx(last, abs=0.1 * (first - last))


CASES = [case for case in layer_cases() if any(map(multiplies_kernel, lower(case.graph()).nodes))]


@pytest.mark.framework
@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_layer_with_a_kernel_computes_in_it(case):
    pytest.importorskip("torch")
    graph, setup = case.graph(), case.setup()
    outputs = []
    for precision in ("mixed_bfloat16", "float32"):
        program = program_of(graph, setup, "torch", precision)
        inputs, targets = case.inputs(graph), case.targets(graph, setup)
        device_rows = program.upload(inputs, targets)
        gradients = program.gradients(device_rows, np.arange(3))
        assert all(np.isfinite(gradient).all() for gradient in gradients.values())
        (output,) = program.predict_outputs(inputs).values()
        outputs.append(output)
    scale = max(np.abs(outputs[1]).max(), 1.0)
    assert np.abs(outputs[0] - outputs[1]).max() < 8 * STEP * scale
