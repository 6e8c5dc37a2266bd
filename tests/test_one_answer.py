"""Networks that are no chains train to one answer on every backend."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.spec.loader import load
from tests.engines import HERE, compared
from tests.paths import ROOT

SPECS = ROOT / "tests" / "specs"
NETWORKS = ["resnet18", "two_inputs", "siamese", "autoencoder", "gates", "three_readers"]
SEVERAL_INPUTS = ["two_inputs", "siamese"]  # equal bits of the others say as much
NARROW = {"resnet18": ["vars.width=4", "vars.classes=3"]}
ROWS, STEPS = 24, 20


def data(name):
    """Training rows of a network."""
    draw = np.random.default_rng(7).normal
    integers = np.random.default_rng(8).integers
    rows = {
        "resnet18": {"x_train": draw(size=(ROWS, 32, 32, 3)), "y_train": integers(0, 3, ROWS)},
        "two_inputs": {
            "x_image": draw(size=(ROWS, 12, 12, 3)), "x_words": integers(0, 20, (ROWS, 6)),
            "y_price": draw(size=(ROWS, 1)), "y_kind": integers(0, 4, ROWS),
        },
        "siamese": {
            "x_left": draw(size=(ROWS, 8, 8, 2)), "x_right": draw(size=(ROWS, 8, 8, 2)),
            "y_train": integers(0, 2, ROWS),
        },
        "autoencoder": dict.fromkeys(["x_train", "y_train"], draw(size=(ROWS, 20))),
        "gates": {"x_train": draw(size=(ROWS, 6, 6, 4)), "y_train": draw(size=(ROWS, 2))},
        "three_readers": {
            "x_train": draw(size=(ROWS, 7)), "y_x": draw(size=(ROWS, 6)),
            "y_last": draw(size=(ROWS, 3)),
        },
    }  # fmt: skip
    return rows[name]


@pytest.fixture
def folder(request, tmp_path: Path) -> Path:
    """A folder with a network's spec and its data."""
    shutil.copy(SPECS / f"{request.param}.yaml", tmp_path / "spec.yaml")
    np.savez(tmp_path / "data.npz", **data(request.param))
    return tmp_path


def parity(folder, precision, *overrides):
    spec = load(folder / "spec.yaml", overrides)
    return compared(spec, precision, STEPS, "numpy:reference", *HERE)


@pytest.mark.framework
@pytest.mark.parametrize(
    ("folder", "name"), [(name, name) for name in NETWORKS], indirect=["folder"], ids=NETWORKS
)
def test_weights_are_the_same_to_the_last_bit(folder, name):
    found = parity(folder, "exact", *NARROW.get(name, []))
    shas = {backend: one.weights_sha256 for backend, one in found.backends.items()}
    assert shas == dict.fromkeys(HERE, found.weights_sha256)


@pytest.mark.framework
@pytest.mark.parametrize(
    ("folder", "name"),
    [(name, name) for name in SEVERAL_INPUTS],
    indirect=["folder"],
    ids=SEVERAL_INPUTS,
)
def test_losses_and_weights_agree_in_float64(folder, name):
    found = parity(folder, "float64", *NARROW.get(name, []))
    for backend, one in found.backends.items():
        assert one.loss <= 1e-12, backend
        assert one.weights <= 1e-10, backend


@pytest.mark.parametrize(("folder", "width"), [("resnet18", 64)], indirect=["folder"])
def test_resnet_18_has_its_published_parameters(folder, width):
    summary = summarise(compile_spec(load(folder / "spec.yaml", [f"vars.width={width}"])))
    assert (summary.trainable, summary.parameters) == (11_173_962, 11_183_562)
