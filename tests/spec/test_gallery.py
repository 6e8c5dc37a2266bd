"""Every spec of the gallery is valid, compiles on every backend, and expects what it has."""

from __future__ import annotations

import pytest

from nnspec.backends.discovery import build_program
from nnspec.cli.main import run
from nnspec.compute import ComputeConfig
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.randomness import initial_weights
from nnspec.spec import loader
from nnspec.training.session import training_setup
from tests import paths

GALLERY = sorted(paths.SPECS.glob("*.yaml"))
NEEDS = {"numpy": "numpy", "torch": "torch", "keras": "tensorflow"}


@pytest.mark.parametrize("backend", NEEDS)
@pytest.mark.parametrize("path", GALLERY, ids=lambda path: path.stem)
def test_a_spec_compiles_on(path, backend):
    pytest.importorskip(NEEDS[backend])
    spec = loader.load(path)
    graph = compile_spec(spec)
    program = build_program(graph, training_setup(spec, graph), ComputeConfig(backend))
    weights = initial_weights.initial_weights(graph, spec.train.seed)
    program.set_weights(weights)
    assert {name: array.shape for name, array in program.weights().items()} == {
        name: array.shape for name, array in weights.items()
    }
    assert sum(array.size for array in weights.values()) == summarise(graph).parameters


def test_the_gallery_is_checked_without_complaint(capsys):
    assert run(["check", *map(str, GALLERY)]) == 0
    assert capsys.readouterr().err == ""


def test_exclusive_or_is_learnt(tmp_path, capsys):
    """What a network with a hidden layer can learn and one without cannot."""
    xor = str(GALLERY[0].parent / "xor.yaml")
    assert run(["run", xor, "-o", str(tmp_path)]) == 0
    alone = "network.layers=[{dense: {units: 1, activation: sigmoid}}]"
    assert run(["run", xor, alone, "-o", str(tmp_path)]) == 1
