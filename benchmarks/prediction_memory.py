"""Peak memory and time of predicting large images: VGG16's convolutions, nnspec and PyTorch.

    python -m benchmarks.prediction_memory [--rows 8] [--size 224] [--rounds 3]

Every round uses a new process for each; its peak includes the framework, weights and rows.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.statistics import Times, ratio

ROOT = Path(__file__).parent.parent
FILTERS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
Predict = Callable[[np.ndarray], Any]


def main() -> None:
    """Measure in turns and print peaks, times and their ratios; or, as a worker, measure one."""
    given = arguments()
    if given.worker:
        print(json.dumps(measured(given)))
        return
    peaks: Times = {name: [] for name in NETWORKS}
    seconds: Times = {name: [] for name in NETWORKS}
    for _ in range(given.rounds):
        for name in NETWORKS:
            peak, elapsed = in_process(name, given)
            peaks[name].append(peak / 1e6)
            seconds[name].append(elapsed)
    for what, unit, values in (("peak", "MB", peaks), ("time", "s", seconds)):
        for name, of in values.items():
            print(f"{what} of {name}: {sorted(of)[len(of) // 2]:.2f} {unit}")
        print(f"{what}, nnspec / torch: {ratio(values, 'nnspec', 'torch').median:.2f}")


def arguments() -> argparse.Namespace:
    """The parsed command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=8, help="images per prediction (%(default)s)")
    parser.add_argument("--size", type=int, default=224, help="height and width (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="turns of each (%(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="predictions a turn (%(default)s)")
    parser.add_argument("--worker", choices=list(NETWORKS), help=argparse.SUPPRESS)
    return parser.parse_args()


def in_process(name: str, given: argparse.Namespace) -> tuple[float, float]:
    """Peak bytes and seconds of one in a new process."""
    sizes = [f"--rows={given.rows}", f"--size={given.size}", f"--repeats={given.repeats}"]
    command = [sys.executable, "-m", "benchmarks.prediction_memory", f"--worker={name}", *sizes]
    environment = {"PYTHONPATH": str(ROOT), **os.environ}
    done = subprocess.run(
        command, check=True, capture_output=True, text=True, cwd=ROOT, env=environment
    )
    peak, elapsed = json.loads(done.stdout)
    return peak, elapsed


def measured(given: argparse.Namespace) -> tuple[float, float]:
    """Peak bytes of this process, and the least seconds of a prediction after the first."""
    predict = NETWORKS[given.worker](given.size)
    shape = given.rows, given.size, given.size, 3
    x = np.random.default_rng(0).random(shape, dtype=np.float32)
    predict(x)
    elapsed = []
    for _ in range(given.repeats):
        started = time.perf_counter()
        predict(x)
        elapsed.append(time.perf_counter() - started)
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    peak = next(1024.0 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))
    return peak, min(elapsed)


def nnspec_network(size: int) -> Predict:
    """The network in nnspec, with initial weights."""
    from nnspec.backends.discovery import build_program
    from nnspec.compute import ComputeConfig
    from nnspec.graph.compile import compile_spec
    from nnspec.randomness.initial_weights import initial_weights
    from nnspec.spec import loader

    options = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    layers: list[Any] = []
    for stage in FILTERS:
        layers += [{"conv2d": {"filters": filters, **options}} for filters in stage]
        layers.append({"max_pooling2d": 2})
    network = {"input_shape": [size, size, 3], "layers": layers}
    graph = compile_spec(loader.build({"network": network}))
    program = build_program(graph, None, ComputeConfig("numpy", "float32"))
    program.set_weights(initial_weights(graph, 0))
    return program.predict


def torch_network(_: int) -> Predict:
    """The network in PyTorch, with initial weights."""
    import torch
    from torch import nn

    torch.set_num_threads(len(os.sched_getaffinity(0)))
    layers: list[nn.Module] = []
    channels = 3
    for stage in FILTERS:
        for filters in stage:
            layers += [nn.Conv2d(channels, filters, 3, padding=1), nn.ReLU(inplace=True)]
            channels = filters
        layers.append(nn.MaxPool2d(2))
    model = nn.Sequential(*layers).eval()

    def predict(x: np.ndarray) -> torch.Tensor:
        with torch.inference_mode():
            return model(torch.from_numpy(x).permute(0, 3, 1, 2))

    return predict


NETWORKS: dict[str, Callable[[int], Predict]] = {"nnspec": nnspec_network, "torch": torch_network}


if __name__ == "__main__":
    main()
