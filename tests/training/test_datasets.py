"""Training on datasets whose rows are not in memory: the same weights, rows taken as needed."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.data.rows import Rows
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.train_options import TrainOptions
from nnspec.training import loop
from nnspec.training.loop import evaluate, never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.networks import graph_of, program_of, setup
from tests.small_runs import named, spec

COUNT = 300
REFERENCE = "numpy:reference"


class MappedRows:
    """Rows of two memory-mapped files; counts those that are held at a time."""

    def __init__(self, folder, inputs, targets):
        folder.mkdir(exist_ok=True)
        np.save(folder / "inputs.npy", inputs)
        np.save(folder / "targets.npy", targets)
        self.inputs = np.load(folder / "inputs.npy", mmap_mode="r")
        self.targets = np.load(folder / "targets.npy", mmap_mode="r")
        self.most = 0

    @property
    def rows(self):
        return len(self.inputs)

    def take(self, indices, epoch=0):
        self.most = max(self.most, len(indices))
        return Rows(self.inputs[indices], self.targets[indices])


@pytest.fixture
def rows():
    rng = np.random.default_rng(0)
    return Rows(rng.normal(size=(COUNT, 5)), rng.normal(size=(COUNT, 2)))


def program(backend=REFERENCE):
    layers = [{"dense": {"units": 6, "activation": "tanh"}}, {"dropout": 0.3}, {"dense": 2}]
    graph = graph_of(layers, (5,))
    return program_of(graph, setup(optimizer="adam", metrics=["half_squared_error"]), backend)


def trained(dataset, validation=None, backend=REFERENCE):
    of = program(backend)
    options = TrainOptions(epochs=2, batch_size=32)
    epochs = train_epochs(of, dataset, options, lambda _: None, never_stop, validation)
    return of, [(epoch.metrics, epoch.validation) for epoch in epochs]


@pytest.mark.parametrize("backend", [REFERENCE, "torch"])
def test_streamed_rows_give_the_same_weights(tmp_path, rows, monkeypatch, backend):
    if backend == "torch":
        pytest.importorskip("torch")
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 2)
    streamed = MappedRows(tmp_path, *rows[:2])
    expected, metrics = trained(rows, rows.take(slice(50)), backend)
    found, same = trained(
        streamed, MappedRows(tmp_path / "validation", *rows.take(slice(50))[:2]), backend
    )
    assert weights_sha256(found.weights()) == weights_sha256(expected.weights())
    assert same == metrics
    assert streamed.most == 2 * 32


def test_the_weights_do_not_depend_on_the_chunks(tmp_path, rows, monkeypatch):
    hashes = set()
    for size in (1, 3, 1000):
        monkeypatch.setattr(loop, "_next_chunk_size", lambda *_, size=size: size)
        found, _ = trained(MappedRows(tmp_path, *rows[:2]))
        hashes.add(weights_sha256(found.weights()))
    assert len(hashes) == 1


def test_streamed_rows_are_evaluated(tmp_path, rows, monkeypatch):
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)
    streamed, of = MappedRows(tmp_path, *rows[:2]), program()
    assert evaluate(of, streamed) == evaluate(of, rows)
    assert streamed.most == loop.EVALUATION_ROWS


class NamedStream:
    """Rows of several inputs and targets, handed over as they are asked for."""

    def __init__(self, rows):
        self.source, self.rows = rows, rows.rows

    def take(self, indices, epoch=0):
        return self.source.take(indices)


def test_rows_of_several_inputs_are_streamed():
    hashes = []
    for wrap in (lambda rows: rows, NamedStream):
        session = TrainingSession.prepare(spec(named()), ComputeConfig(REFERENCE))
        train, program = wrap(session.splits.train), session.program
        options = session.spec.train
        metrics = [
            e.metrics for e in train_epochs(program, train, options, print_nothing, never_stop)
        ]
        hashes.append((weights_sha256(program.weights()), metrics))
    assert hashes[0] == hashes[1]


def print_nothing(_):
    """A progress callback."""
