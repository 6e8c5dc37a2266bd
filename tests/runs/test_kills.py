"""A run that is killed at any moment, and goes on, ends as one that was not: to the last bit."""

from __future__ import annotations

import json

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.runs.resume import resume
from nnspec.runs.selection import is_run
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from nnspec.training import loop
from tests.runs.kills import Faults, Killed, results

RNG = np.random.default_rng(3)
IMAGES = RNG.uniform(size=(17, 6, 6))
CLASSES = np.array([0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0])
EVERY = {"every_steps": 2}
NETWORK = {
    "layers": [
        {"reshape": [6, 6, 1]},
        {"conv2d": {"filters": 3, "kernel_size": 3, "use_bias": False}},
        "batch_normalization", "relu", "flatten", {"dropout": 0.4},
        {"dense": {"units": 1, "activation": "sigmoid"}},
    ]
}  # fmt: skip
STRIDES = {
    "adam, auc": 7,
    "steps, epochs of steps, rare validation": 43,
    "averages, kept checkpoints, callbacks": 37,
}
PLATEAU = {"initial_learning_rate": 0.5, "factor": 0.5, "patience": 1, "min_delta": 0.5}
ACCUMULATED = {"use_ema": True, "ema_overwrite_frequency": 3, "gradient_accumulation_steps": 2}
CASES = {
    "adam, auc": {"optimizer": "adam", "metrics": ["auc", "accuracy"]},
    "momentum, plateau": {
        "optimizer": {"sgd": {"learning_rate": {"reduce_on_plateau": PLATEAU}, "momentum": 0.9}},
        "metrics": ["balanced_accuracy", "f1_score"],
    },
    "averages, kept checkpoints, callbacks": {
        "optimizer": {"nadam": ACCUMULATED},
        "train": {
            "checkpoint": {**EVERY, "keep": 2, "monitor": "val_loss", "mode": "max"},
            "callbacks": ["learning_rate_monitor", "weight_norm_monitor"],
        },
    },
    "weights, oversampling, augmentation": {
        "optimizer": {"rmsprop": {"centered": True, "learning_rate": 0.01}},
        "train": {"class_weight": "balanced", "oversample": True},
        "augment": ["random_flip", {"mixup": 0.3}],
    },
    "steps, epochs of steps, rare validation": {
        "optimizer": {"sgd": {"learning_rate": {"reduce_on_plateau": PLATEAU}, "momentum": 0.9}},
        "train": {
            "epochs": None,
            "steps": 7,
            "steps_per_epoch": 2,
            "validation_freq": 2,
            "early_stopping": {"patience": 9, "restore_best": True},
            "checkpoint": {**EVERY, "keep": 2, "monitor": "val_loss"},
            "callbacks": ["weight_norm_monitor"],
        },
        "metrics": ["f1_score"],
    },
}


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    """A file of 17 images."""
    path = tmp_path_factory.mktemp("data") / "images.npz"
    np.savez(path, x_train=IMAGES, y_train=CLASSES)
    return path


def values(name, file):
    """Plain values of a spec: 17 images in a file, of which the last four validate."""
    case = {"train": {}, **CASES[name]}
    augment = case.pop("augment", None)
    data = {"source": {"npz": str(file)}}
    options = {"epochs": 2, "batch_size": 5, "validation_split": 0.2, "checkpoint": EVERY}
    return {
        "data": data | ({"augment": augment} if augment else {}),
        "network": NETWORK,
        "loss": "binary_crossentropy",
        **case,
        "train": {**options, **case["train"]},
    }


@pytest.fixture(autouse=True)
def chunks(monkeypatch):
    """Chunks of one batch: a border after each of them."""
    monkeypatch.setattr(loop, "_next_chunk_size", lambda *_: 1)


def has_not_ended(folder):
    """Whether a run lacks epochs or figures: a kill may come after the last of them."""
    return json.loads((folder / "metrics.json").read_text())["status"] != "finished"


def kill(values, out, at, precision="float32"):
    """Train until the process is killed at a moment; the number of moments if it is not."""
    with pytest.MonkeyPatch.context() as patch:
        faults = Faults(patch, at)
        try:
            run(build(values), ComputeConfig(precision=precision), out, faults)
        except Killed:
            return None
        return faults.count


@pytest.mark.parametrize("name", CASES)
def test_at_every_moment(tmp_path, images, name):
    given = values(name, images)
    moments = kill(given, tmp_path / "whole", None)
    whole, begun = results(tmp_path / "whole" / "network" / "1"), 0
    every = STRIDES.get(name, 29)
    for at in range(every, moments + 1, every):
        assert kill(given, tmp_path / str(at), at) is None
        folder = tmp_path / str(at) / "network" / "1"
        if is_run(folder):
            begun += 1
            if has_not_ended(folder):
                resume(folder)
                assert not list(folder.rglob(".*.part"))
            assert results(folder) == whole, at
    assert begun > 0.5 * moments / every
