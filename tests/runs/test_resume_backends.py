"""Runs go on to the same bits on each backend, however batches were cut into chunks."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load

from nnspec.compute import ComputeConfig
from nnspec.runs.resume import resume
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training import loop
from tests.runs.kills import results
from tests.runs.test_resume import Stop

BACKENDS = [
    pytest.param("numpy"),
    pytest.param("torch", marks=pytest.mark.framework),
    pytest.param("keras", marks=pytest.mark.framework),
]
NETWORK = {
    "layers": [
        {"reshape": [6, 6, 1]},
        {"conv2d": {"filters": 3, "kernel_size": 3, "use_bias": False}},
        "batch_normalization", "relu", "flatten", {"dropout": 0.4},
        {"dense": {"units": 2, "activation": "softmax"}},
    ]
}  # fmt: skip
OPTIONS = {"use_ema": True, "ema_overwrite_frequency": 3, "gradient_accumulation_steps": 2}


@pytest.fixture(scope="module")
def spec(tmp_path_factory):
    """A spec with all that a state can have, on 26 images."""
    rng = np.random.default_rng(0)
    file = tmp_path_factory.mktemp("data") / "images.npz"
    labels = rng.integers(0, 2, 26)
    np.savez(file, x_train=rng.normal(size=(26, 6, 6)), y_train=labels)
    return build(
        {
            "data": {
                "source": {"npz": str(file)}, "targets": [{"one_hot": 2}],
                "augment": ["random_flip"],
            },
            "network": NETWORK,
            "loss": "categorical_crossentropy",
            "optimizer": {"adam": {"learning_rate": 0.01, **OPTIONS}},
            "metrics": ["accuracy", "balanced_accuracy"],
            "train": {"epochs": 3, "batch_size": 4, "validation_split": 0.2},
        }
    )  # fmt: skip


def stopped(spec, compute, out, after, patch):
    """A run that was stopped at a question, with chunks of one batch."""
    with patch.context() as short:
        short.setattr(loop, "_next_chunk_size", lambda *_: 1)
        report = run(spec, compute, out, Stop(after))
    assert report.interrupted
    return report.run


@pytest.mark.parametrize("precision", ["float32", "float64", "exact"])
@pytest.mark.parametrize("backend", BACKENDS)
def test_the_bits_are_those_of_a_whole_run(spec, tmp_path, monkeypatch, backend, precision):
    for name in {backend.partition(":")[0]} & {"torch", "keras"}:
        pytest.importorskip(name)
    compute = ComputeConfig(backend, precision)
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 3)
    whole = results(run(spec, compute, tmp_path / "whole").run)
    for after in (2, 9) if backend != "keras" else (9,):
        folder = stopped(spec, compute, tmp_path, after, monkeypatch)
        resume(folder)
        assert results(folder) == whole


@pytest.mark.framework
def test_another_backend_goes_on(spec, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    reference, torch = (ComputeConfig(name, "float64") for name in ("numpy:reference", "torch"))
    whole = run(spec, reference, tmp_path / "whole").run
    folder = stopped(spec, reference, tmp_path, 9, monkeypatch)
    report = resume(folder, compute=torch)
    assert report.compute.backend == "torch"
    weights, expected = (
        load((path / "weights.safetensors").read_bytes()) for path in (folder, whole)
    )
    for name, array in expected.items():
        np.testing.assert_allclose(weights[name], array, rtol=0, atol=1e-10)
