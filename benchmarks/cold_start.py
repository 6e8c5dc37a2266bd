"""Cold start: wall time of a new process that makes one training step of a tiny network.

nnspec reads and checks a spec, trains one step, evaluates, and writes the run's folder; the others
are scripts of a few lines that import their framework and make the same step.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.implementations import KERAS, NOTHING, Implementation
from benchmarks.measured_process import ROOT, environment
from benchmarks.statistics import Times

_ROWS = "[[0.,0.],[0.,1.],[1.,0.],[1.,1.]]"
TORCH = f"""
import torch
from torch import nn
x, y = torch.tensor({_ROWS}), torch.tensor([[0.], [1.], [1.], [0.]])
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
loss = nn.BCEWithLogitsLoss()(model(x), y)
loss.backward()
optimizer.step()
print(loss.item())
"""
FIT = f"""
import numpy as np
import keras
x, y = np.array({_ROWS}), np.array([[0.], [1.], [1.], [0.]])
model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(8, activation="tanh"),
                          keras.layers.Dense(1, activation="sigmoid")])
model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
model.fit(x, y, batch_size=4, verbose=0)
"""
SKLEARN = f"""
import numpy as np
from sklearn.neural_network import MLPClassifier
model = MLPClassifier((8,), activation="tanh", batch_size=4)
model.partial_fit(np.array({_ROWS}), np.array([0, 1, 1, 0]), classes=[0, 1])
"""


class Program(NamedTuple):
    """A program whose start is measured: arguments of Python, and packages that it needs."""

    label: str
    arguments: tuple[str, ...]
    needs: tuple[str, ...] = ()
    keras: bool = False


def _run(backend: str) -> tuple[str, ...]:
    """Arguments of `nnspec run` on a backend."""
    return ("-m", "nnspec", "run", "specs/xor.yaml", "train.epochs=1", "expect.tolerance=1",
            "--backend", backend)  # fmt: skip


PROGRAMS = {
    "summary": Program("nnspec summary", ("-m", "nnspec", "summary", "specs/mlp.yaml")),
    "numpy": Program("nnspec run, NumPy", _run("numpy")),
    "torch": Program("nnspec run, PyTorch", _run("torch"), ("torch",)),
    "keras": Program("nnspec run, Keras", _run("keras"), ("keras", "tensorflow")),
    "import": Program("import torch", ("-c", "import torch"), ("torch",)),
    "eager": Program("PyTorch, a step", ("-c", TORCH), ("torch",)),
    "fit": Program("Keras, fit of a step", ("-c", FIT), ("keras", "tensorflow"), keras=True),
    "sklearn": Program("scikit-learn, a step", ("-c", SKLEARN), ("sklearn",)),
}


def measure(folder: Path, rounds: int) -> Times:
    """Seconds by program, one number for each round; an untimed first run writes the bytecode."""
    programs = {
        key: program for key, program in PROGRAMS.items() if all(map(find_spec, program.needs))
    }
    times: Times = {key: [] for key in programs}
    order = random.Random(0)  # noqa: S311  (the same in every run)
    for program in programs.values():
        _seconds(program, folder)
    for _ in range(rounds):
        for key in order.sample(list(programs), len(programs)):
            times[key].append(_seconds(programs[key], folder))
    return times


def _seconds(program: Program, folder: Path) -> float:
    implementation = Implementation("", "", "", environment=KERAS if program.keras else NOTHING)
    arguments = [*program.arguments, *(["-o", str(folder)] if "run" in program.arguments else [])]
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(implementation), check=True,
        capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - started
