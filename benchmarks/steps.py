"""A step of training and a prediction: NumPy, its reference, and PyTorch written by hand.

The contestants take turns in one process, so that what else the machine does falls on all of
them; what is told is the median of each one's time, and of the ratios within each turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import numpy as np
import torch

from benchmarks.networks import CASES, Case
from nnspec import randomness
from nnspec.backends import base
from nnspec.backends.base import Recipe, Settings
from nnspec.losses import CategoricalCrossentropy
from nnspec.optimizers import SGD

TURNS, SECONDS = 9, 0.25  # turns of each contestant, and about how long one lasts
ROWS, CLASSES = 1024, 10
Work = Callable[[], object]


def main() -> list[str]:
    """Measure everything; the lines of a Markdown table."""
    lines = [
        "| | NumPy | NumPy, reference | PyTorch, eager | reference / NumPy | PyTorch / NumPy |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for case in CASES:
        lines.append(row(case.name, *turns(contestants(case))))
        print(lines[-1], flush=True)
    return lines


def contestants(case: Case) -> list[Work]:
    """The same work done by each."""
    graph = case.graph()
    rows = case.batch if case.predicts else ROWS
    random = np.random.default_rng(0)
    x = random.random((rows, *graph.input_shape), np.float32)
    y = random.integers(0, CLASSES, rows)
    batches = [random.permutation(rows)[: case.batch] for _ in range(64)]
    engines = [_numpy(case, name, x, y, batches) for name in ("numpy", "numpy:reference")]
    return [*engines, _torch(case, x, y, batches)]


def _numpy(case: Case, name: str, x: np.ndarray, y: np.ndarray, batches: list[np.ndarray]) -> Work:
    graph = case.graph()
    recipe = Recipe(CategoricalCrossentropy(), SGD(learning_rate=0.01))
    program = base.find(name).build(graph, recipe, Settings())
    program.set_weights(randomness.initial_weights(graph, 0))
    if case.predicts:
        return lambda: program.predict(x)
    placed = program.place(x, np.eye(CLASSES, dtype=np.float32)[y])
    turn = iter(range(1 << 60))
    return lambda: program.train(placed, [batches[next(turn) % len(batches)]])


def _torch(case: Case, x: np.ndarray, y: np.ndarray, batches: list[np.ndarray]) -> Work:
    """As one writes it: tensors in memory, a step on rows picked by their numbers."""
    module, loss = case.module(), torch.nn.CrossEntropyLoss()
    images = torch.from_numpy(np.moveaxis(x, -1, 1).copy() if x.ndim == 4 else x)
    labels = torch.from_numpy(y)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01)
    picks = [torch.from_numpy(batch) for batch in batches]
    turn = iter(range(1 << 60))

    def step() -> float:
        rows = picks[next(turn) % len(picks)]
        optimizer.zero_grad()
        error = loss(module(images[rows]), labels[rows])
        error.backward()
        optimizer.step()
        return float(error.item())

    def predict() -> torch.Tensor:
        with torch.inference_mode():
            return torch.cat([module(part).softmax(-1) for part in images.split(256)])

    return predict if case.predicts else step


def turns(works: list[Work]) -> tuple[list[float], list[float]]:
    """The median seconds of each, and the median of each one's ratio to the first."""
    counts = [_count(work) for work in works]
    times = np.array([
        [_seconds(work, count) for work, count in zip(works, counts, strict=True)]
        for _ in range(TURNS)
    ])  # fmt: skip
    ratios = times / times[:, :1]
    return [median(column) for column in times.T], [median(column) for column in ratios.T]


def _count(work: Work) -> int:
    """How often the work is done in a turn; warms it up."""
    work()
    return max(1, round(SECONDS / max(_seconds(work, 2), 1e-6)))


def _seconds(work: Work, count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - started) / count


def row(name: str, seconds: list[float], ratios: list[float]) -> str:
    """A line of the table."""
    cells = [f"{1000 * value:.2f} ms" for value in seconds]
    return f"| {name} | {' | '.join(cells)} | {ratios[1]:.2f} | {ratios[2]:.2f} |"
