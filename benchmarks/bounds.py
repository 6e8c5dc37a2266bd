"""Lower bounds of the machine: time of a step's matrix products, and memory bandwidth.

A step takes at least as long as BLAS takes for its products, except with an algorithm that needs
fewer multiplications (Winograd's). A convolution counts as the product of im2col and filters.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from math import prod
from typing import NamedTuple

import numpy as np

from benchmarks.measured_process import ROOT
from benchmarks.networks import NETWORKS
from benchmarks.statistics import Times
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Node

TURNS, SECONDS = 7, 0.02  # timings of each product, and the length of each
COPIED = 1 << 28  # bytes: much more than the caches hold


class Product(NamedTuple):
    """A matrix product of a step: (rows, inner) @ (inner, columns).

    `left` and `right` say whether the operand is stored transposed.
    """

    what: str
    rows: int
    inner: int
    columns: int
    left: bool = False
    right: bool = False

    @property
    def flops(self) -> int:
        """Number of multiplications and additions."""
        return 2 * self.rows * self.inner * self.columns


def products(network: str) -> Iterator[Product]:
    """The products of a training step: forward, dW, and dx except in the first layer."""
    spec = NETWORKS[network]()
    nodes = [node for node in compile_spec(spec).nodes if node.kind in ("dense", "conv2d")]
    for number, node in enumerate(nodes):
        rows, inner, columns = _sizes(node, int(spec.train.batch_size))
        yield Product(f"{node.name} forward", rows, inner, columns)
        yield Product(f"{node.name} weights", inner, rows, columns, left=True)
        if number:
            yield Product(f"{node.name} input", rows, columns, inner, right=True)


def _sizes(node: Node, batch: int) -> tuple[int, int, int]:
    """Rows, inner size and columns of a layer's forward product."""
    *kernel, columns = node.weights["kernel"].shape
    return batch * prod(node.shape[:-1]), prod(kernel), columns


def measure(threads: int, coretype: str = "") -> Times:
    """Seconds of each product and of a copy, in a new process with a number of threads."""
    chosen = {"OPENBLAS_NUM_THREADS": str(threads), "PYTHONPATH": str(ROOT)}
    chosen |= {"OPENBLAS_CORETYPE": coretype} if coretype else {}
    command = [sys.executable, "-m", "benchmarks.bounds", str(threads)]
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_CORETYPE"}
    done = subprocess.run(
        command, env={**environment, **chosen}, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    found: Times = json.loads(done.stdout)
    return found


def timings(work: Callable[[], object]) -> list[float]:
    """Seconds of one call, measured TURNS times."""
    work()
    started = time.perf_counter()
    work()
    count = max(1, round(SECONDS / max(time.perf_counter() - started, 1e-7)))
    return [_seconds(work, count) for _ in range(TURNS)]


def _seconds(work: Callable[[], object], count: int) -> float:
    started = time.perf_counter()
    for _ in range(count):
        work()
    return (time.perf_counter() - started) / count


def multiplication(product: Product) -> Callable[[], object]:
    """A function that computes the product into an allocated array."""
    left = _operand(product.rows, product.inner, product.left)
    right = _operand(product.inner, product.columns, product.right)
    out = np.empty((product.rows, product.columns), np.float32)
    return lambda: np.matmul(left, right, out=out)


def _operand(rows: int, columns: int, transposed: bool) -> np.ndarray:
    random = np.random.default_rng(0)
    if transposed:
        return random.random((columns, rows), np.float32).T
    return random.random((rows, columns), np.float32)


def copy(threads: int) -> Callable[[], object]:
    """A function that copies COPIED bytes with a number of threads."""
    source, target = (np.ones(COPIED // 4, np.float32) for _ in range(2))
    pairs = list(zip(np.array_split(target, threads), np.array_split(source, threads), strict=True))
    pool = ThreadPoolExecutor(threads)
    return lambda: list(pool.map(lambda pair: np.copyto(*pair), pairs))


def main() -> None:
    """Measure in this process, and print the times as JSON."""
    times = {
        f"{network}: {product.what}": timings(multiplication(product))
        for network in ("mlp", "cnn")
        for product in products(network)
    }
    print(json.dumps({**times, "copy": timings(copy(int(sys.argv[1])))}))


if __name__ == "__main__":
    main()
