"""Training in several processes: the answer of one, to the last bit, and one message."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from nnspec.compute import ComputeConfig
from nnspec.runs.trainer import run
from nnspec.spec.loader import build
from tests.small_runs import rows

pytestmark = pytest.mark.framework
RANDOM = np.random.default_rng(4)
ROWS = 61  # in batches of 20, of which the last has one row
SOURCE = {
    "inputs": RANDOM.normal(size=(ROWS, 6, 6, 2)).round(3).tolist(),
    "targets": np.eye(3)[RANDOM.integers(0, 3, ROWS)].tolist(),
}
LAYERS = [
    {"conv2d": {"filters": 4, "kernel_size": 3, "use_bias": False,
                "kernel_regularizer": {"l2": 0.001}}},
    "batch_normalization",
    "relu",
    {"dropout": 0.3},
    "flatten",
    {"dense": {"units": 9, "activation": "tanh"}},
    {"gaussian_noise": 0.1},
    {"dense": {"units": 3, "activation": "softmax"}},
]  # fmt: skip
RATE = {"cosine_decay": {"initial_learning_rate": 0.02, "decay_steps": 20}}


def values(**train):
    return rows(
        SOURCE,
        name="net",
        network={"layers": LAYERS},
        loss={"categorical_crossentropy": {"label_smoothing": 0.1}},
        optimizer={"adam": {"learning_rate": RATE, "global_clipnorm": 0.5}},
        metrics=["accuracy", "balanced_accuracy"],
        train={
            "epochs": 6,
            "batch_size": 20,
            "class_weight": {"1": 2.0},
            "early_stopping": {"monitor": "loss", "patience": 2, "restore_best": True},
            **train,
        },
    )


@pytest.fixture
def spec(tmp_path):
    path = tmp_path / "net.yaml"
    path.write_text(yaml.safe_dump(values()), encoding="utf-8")
    return path


def nnspec(*words, cwd, **options):
    """Start a command in several processes."""
    command = [sys.executable, "-m", "nnspec", *map(str, words)]
    return subprocess.Popen(
        command, cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def figures(done):
    """The figures of a command that prints JSON."""
    out, error = done.communicate(timeout=240)
    assert done.returncode == 0, error
    return json.loads(out)


def test_several_processes_give_the_bits_of_one(tmp_path, spec):
    pytest.importorskip("torch")
    options = ("--backend", "torch", "--precision", "exact", "--json")
    begun = nnspec("run", spec, *options, "--processes", 2, "train.epochs=2", cwd=tmp_path)
    whole = run(build(values()), ComputeConfig("numpy", "exact"), tmp_path / "whole")
    first = figures(begun)
    assert json.loads((tmp_path / "runs/net/1/environment.json").read_text())["processes"] == 2
    done = figures(
        nnspec("resume", first["run"], "train.epochs=6", "--processes", 3, "--json", cwd=tmp_path)
    )
    assert done["weights_sha256"] == whole.weights_sha256
    for epoch, expected in zip(done["epochs"], whole.epochs, strict=True):
        assert epoch["loss"] == pytest.approx(expected.metrics["loss"], rel=1e-12)
        assert epoch["balanced_accuracy"] == expected.metrics["balanced_accuracy"]


def test_each_part_of_a_network_gives_the_same_in_three_processes():
    pytest.importorskip("torch")
    from nnspec.distributed.launch import launch_module

    assert launch_module("tests.distributed.cases", (), 3) == 0


def test_a_process_that_is_killed_ends_all_with_one_message(tmp_path, spec):
    pytest.importorskip("torch")
    words = ("--backend", "torch", "--processes", 2, "--progress", "none", "train.epochs=100000")
    begun = nnspec("run", spec, *words, "train.early_stopping=null", cwd=tmp_path)
    history = tmp_path / "runs/net/1/history.csv"
    wait_for(lambda: history.exists() and history.stat().st_size > 100)
    os.kill(child_of_rank(begun.pid, 1), signal.SIGKILL)
    _, error = begun.communicate(timeout=10)
    assert begun.returncode == 2
    lines = [line for line in error.splitlines() if "error" in line]
    assert lines == [
        "error: another process, which shares the work, has ended (`nnspec resume RUN` goes on)"
    ]


def wait_for(condition):
    end = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.2)


def child_of_rank(parent, rank):
    """The id of the process of a rank among the children of a process."""
    for child in Path(f"/proc/{parent}/task/{parent}/children").read_text().split():
        if f"RANK={rank}" in Path(f"/proc/{child}/environ").read_text().split("\0"):
            return int(child)
    raise AssertionError(rank)


@pytest.mark.parametrize("backend", ["numpy", "keras"])
def test_other_backends_compute_in_one_process(tmp_path, spec, backend):
    done = nnspec("run", spec, "--backend", backend, "--processes", 2, cwd=tmp_path)
    _, error = done.communicate(timeout=60)
    assert done.returncode == 2
    assert error.startswith(f"error: the {backend} backend computes in one process, not in 2")
