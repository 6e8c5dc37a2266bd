"""Memory estimate of a training session, and a memory limit for this process.

Linux and macOS overcommit memory: allocation succeeds, and a process is killed when the pages are
used. So specs whose lower bound exceeds the machine's memory are refused before allocation; on
Linux a limit on the data segment catches what the estimate misses.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path as FilePath
from typing import NamedTuple

from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph, Node, Path
from nnspec.spec.document import Spec

_CGROUP_LIMIT = FilePath("/sys/fs/cgroup/memory.max")  # the limit of a container
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


class MemoryNeed(NamedTuple):
    """The bytes that weights and activations take at least, and the layer that takes most."""

    total: int
    layer: str
    path: Path  # of the layer in the spec
    largest: int  # bytes of the layer

    @classmethod
    def of(cls, graph: Graph, copies: int, rows: int, itemsize: int) -> MemoryNeed:
        """bytes = itemsize * sum over nodes of (copies * weights + rows * output size).

        `copies` counts the weights, their gradients and the optimizer's slots.
        """
        sizes = [(itemsize * size, node) for size, node in _node_sizes(graph, copies, rows)]
        largest, node = max(sizes, key=lambda pair: pair[0])
        return cls(sum(size for size, _ in sizes), node.origin, node.path, largest)


def check_memory(spec: Spec, need: MemoryNeed) -> None:
    """Raise SpecError, at the largest layer, if more memory is needed than the machine has."""
    available = machine_memory()
    if need.total > available:
        has = f"this machine has {format_bytes(available)}"
        message = f"training needs {format_bytes(need.total)} of memory at least and {has}"
        hint = f"{need.layer} needs most, {format_bytes(need.largest)}"
        raise SpecError(Problem(message, spec.locate(*need.path), hint, "memory"))


def machine_memory() -> float:
    """Bytes of memory that this process may use; infinity if the system does not report it."""
    try:
        physical = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        physical = math.inf
    try:
        return min(physical, float(_CGROUP_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no container, or `max`
        return physical


@contextmanager
def limit_memory() -> Iterator[None]:
    """Limit the data segment to the available memory, so that NumPy raises MemoryError (Linux)."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_DATA)
        most = _read_proc_bytes("/proc/self/status", "VmData") + _available_memory()
        resource.setrlimit(resource.RLIMIT_DATA, (_lower_limit(most, limit[0]), limit[1]))
    except (ImportError, OSError, ValueError):  # not Linux: no limit
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limit)


def _lower_limit(limit: int, old: int) -> int:
    """The lower of two limits; -1 as the old one stands for no limit."""
    return limit if old < 0 else min(limit, old)


def _available_memory() -> int:
    """Bytes of memory and swap that are available now."""
    memory, swap = (_read_proc_bytes("/proc/meminfo", key) for key in ("MemAvailable", "SwapFree"))
    return memory + swap


def _read_proc_bytes(file: str, name: str) -> int:
    """Read an entry of a /proc file, which is in kB, as bytes."""
    for line in FilePath(file).read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    raise ValueError(name)


def format_bytes(count: float) -> str:
    """Format a number of bytes with three significant digits, such as `12.3 GB`."""
    power = 0
    while count >= 1000 and power < len(_UNITS) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.3g} {_UNITS[power]}"


def _node_sizes(graph: Graph, copies: int, rows: int) -> Iterator[tuple[int, Node]]:
    """The numbers that each node holds: copies * weights + rows * output size.

    Weights that several nodes share count once.
    """
    for node in graph.nodes:
        weights = 0 if node.is_shared else sum(weight.size for weight in node.weights.values())
        yield copies * weights + rows * sum(prod(x.shape) for x in node.output_specs), node
