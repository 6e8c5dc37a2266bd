"""Cold start: the wall time of a new process from nothing to one step of a tiny network.

nnspec reads and checks a spec, trains it by one step, evaluates it, and keeps the run in a folder;
the others are scripts of a few lines that import their framework and make the same step.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants import KERAS, NOTHING, Contestant
from benchmarks.player import ROOT, environment
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


class Start(NamedTuple):
    """Something that is started from nothing; `needs` is what it imports."""

    label: str
    arguments: tuple[str, ...]
    needs: tuple[str, ...] = ()
    keras: bool = False


def _run(backend: str) -> tuple[str, ...]:
    return ("-m", "nnspec", "run", "specs/xor.yaml", "train.epochs=1", "expect.tolerance=1",
            "--backend", backend)  # fmt: skip


STARTS = {
    "summary": Start("nnspec summary", ("-m", "nnspec", "summary", "specs/mlp.yaml")),
    "numpy": Start("nnspec run, NumPy", _run("numpy")),
    "torch": Start("nnspec run, PyTorch", _run("torch"), ("torch",)),
    "keras": Start("nnspec run, Keras", _run("keras"), ("keras", "tensorflow")),
    "import": Start("import torch", ("-c", "import torch"), ("torch",)),
    "eager": Start("PyTorch, a step", ("-c", TORCH), ("torch",)),
    "fit": Start("Keras, fit of a step", ("-c", FIT), ("keras", "tensorflow"), keras=True),
    "sklearn": Start("scikit-learn, a step", ("-c", SKLEARN), ("sklearn",)),
}


def measure(folder: Path, rounds: int) -> Times:
    """Seconds: for each start, one number a round; the first, uncounted, writes the bytecode."""
    starts = {key: start for key, start in STARTS.items() if all(map(find_spec, start.needs))}
    times: Times = {key: [] for key in starts}
    order = random.Random(0)  # noqa: S311  (the same in every run)
    for start in starts.values():
        _seconds(start, folder)
    for _ in range(rounds):
        for key in order.sample(list(starts), len(starts)):
            times[key].append(_seconds(starts[key], folder))
    return times


def _seconds(start: Start, folder: Path) -> float:
    here = Contestant("", "", "", environment=KERAS if start.keras else NOTHING)
    arguments = [*start.arguments, *(["-o", str(folder)] if "run" in start.arguments else [])]
    started = time.perf_counter()
    subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env=environment(here), check=True,
        capture_output=True,
    )  # fmt: skip
    return time.perf_counter() - started
