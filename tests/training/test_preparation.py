"""Bytes that are prepared batch by batch: the same run as when they are prepared at once."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.backends import arrays as row_arrays
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import LazilyPreparedRows
from nnspec.data.rows import Rows
from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training import preparation
from nnspec.training.preparation_advice import unscaled_rows
from nnspec.training.session import TrainingSession

REFERENCE = ComputeConfig("numpy:reference")
STANDARDIZE, DIVIDE = ["standardize", {"reshape": [8, 8]}], [{"reshape": [8, 8]}, {"divide": 255}]
AUGMENT = ["random_flip", {"random_crop": {"height": 6, "width": 6, "padding": 1}}]


def arrays(rows, prefix, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (rows, 64), np.uint8)
    return {f"x_{prefix}": x, f"y_{prefix}": rng.integers(0, 10, rows)}


@pytest.fixture
def values(tmp_path):
    """A function that gives plain values of a spec on files of bytes."""
    np.savez(tmp_path / "bytes.npz", **arrays(120, "train"), **arrays(40, "test", 1))
    layers = ["flatten", {"dense": {"units": 10, "activation": "softmax"}}]

    def document(inputs, augment=()):
        source, targets = {"npz": str(tmp_path / "bytes.npz")}, [{"one_hot": 10}]
        return {
            "data": {"source": source, "inputs": inputs, "targets": targets, "augment": [*augment]},
            "network": {"layers": layers},
            "loss": "categorical_crossentropy",
            "optimizer": {"sgd": 0.1},
            "metrics": ["accuracy"],
            "train": {"epochs": 2, "batch_size": 32, "validation_split": 0.2},
        }

    return document


@pytest.fixture
def by_batch(monkeypatch):
    """A function that lets all bytes be prepared batch by batch."""
    return lambda: monkeypatch.setattr(preparation, "MANY_BYTES", 0)


@pytest.mark.parametrize(
    ("inputs", "augment", "backend"),
    [
        (STANDARDIZE, (), "numpy"),
        (DIVIDE, (), "numpy:reference"),
        (DIVIDE, AUGMENT, "numpy"),
        (STANDARDIZE, AUGMENT, "numpy:reference"),
    ],
)
def test_the_run_is_the_same(tmp_path, by_batch, values, inputs, augment, backend):
    spec = build(values(inputs, augment))
    at_once = run(spec, ComputeConfig(backend), tmp_path)
    by_batch()
    found = run(spec, ComputeConfig(backend), tmp_path)
    assert found.weights_sha256 == at_once.weights_sha256
    assert found.metrics == at_once.metrics
    assert [e.validation for e in found.epochs] == [e.validation for e in at_once.epochs]
    assert TrainedRun.open(found.run, ComputeConfig(backend)).evaluate() == at_once.metrics


@pytest.mark.framework
@pytest.mark.parametrize("backend", ["torch", "keras:tensorflow"])
def test_the_run_is_the_same_in_a_framework(tmp_path, by_batch, values, backend):
    pytest.importorskip({"torch": "torch"}.get(backend, "keras"))
    spec = build(values(STANDARDIZE, AUGMENT))
    at_once = run(spec, ComputeConfig(backend), tmp_path)
    by_batch()
    assert run(spec, ComputeConfig(backend), tmp_path).weights_sha256 == at_once.weights_sha256


def parts(spec):
    return TrainingSession.prepare(spec, REFERENCE).splits


def test_bytes_stay_bytes(by_batch, values):
    by_batch()
    for part in parts(build(values(STANDARDIZE))).parts():
        assert isinstance(part, LazilyPreparedRows)
        assert part.raw.inputs.dtype == np.uint8
        assert part.take(np.array([3, 1])).inputs.dtype == np.float32


def test_few_bytes_are_prepared_at_once(values):
    assert isinstance(parts(build(values(DIVIDE))).train, Rows)


def test_bytes_are_prepared_at_once_for_batches_of_all_rows(by_batch, values):
    by_batch()
    document = values(DIVIDE)
    document["train"]["batch_size"] = "all"
    assert isinstance(parts(build(document)).train, Rows)


def test_real_numbers_are_prepared_at_once(by_batch, values, tmp_path):
    by_batch()
    known = np.load(tmp_path / "bytes.npz")
    np.savez(tmp_path / "bytes.npz", **{name: known[name].astype(float) for name in known})
    assert isinstance(parts(build(values(DIVIDE))).train, Rows)


def test_a_number_that_cannot_be_prepared_is_told_in_the_same_words(tmp_path, values, monkeypatch):
    column = np.zeros((50, 1), np.uint8)
    column[37] = 9
    np.savez(tmp_path / "bytes.npz", x_train=column, y_train=np.arange(50) % 10)
    spec, messages = build(values([{"one_hot": 9}])), []
    monkeypatch.setattr(row_arrays, "_CHUNK_ROWS", 20)
    for limit in (1 << 40, 0):
        monkeypatch.setattr(preparation, "MANY_BYTES", limit)
        with pytest.raises(DataError) as caught:
            TrainingSession.prepare(spec, REFERENCE)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "training row 37 of x_train" in messages[0]


def test_advice_on_large_numbers_is_the_same(by_batch, values):
    spec, advice = build(values([{"reshape": [8, 8]}])), []
    for kind in (Rows, LazilyPreparedRows):
        session = TrainingSession.prepare(spec, REFERENCE)
        assert isinstance(session.splits.train, kind)
        advice.append(unscaled_rows(spec, session.graph, session.splits.train))
        by_batch()
    assert advice[0] == advice[1]
    assert "from 0 to 255" in advice[0][0].message
