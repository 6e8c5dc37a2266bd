"""Whether a training fits into the machine's memory.

Linux and macOS promise more memory than there is, and end a process, not always the one that
asked, when it is used. So giants are refused before anything is allocated, by what they need at
least, and what no estimate foresees meets a limit on Linux.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path

from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph, Node
from nnspec.spec.document import Spec

_LIMIT = Path("/sys/fs/cgroup/memory.max")  # of a container
_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")


def check_memory(spec: Spec, graph: Graph, copies: int, rows: int, itemsize: int) -> None:
    """Raise SpecError, at the largest layer, where training needs more than there is.

    `copies` says how often the weights are held (with gradients and the optimizer's slots),
    `rows` how many rows of every layer's output.
    """
    sizes = [(itemsize * size, node) for size, node in _sizes(graph, copies, rows)]
    needed, there = sum(size for size, _ in sizes), machine_memory()
    if needed > there:
        _, largest = max(sizes, key=lambda pair: pair[0])
        has = f"this machine has {format_bytes(there)}"
        message = f"training needs {format_bytes(needed)} of memory at least and {has}"
        hint = f"{largest.origin} needs most"
        raise SpecError(Problem(message, spec.locate(*largest.path), hint, "memory"))


def machine_memory() -> float:
    """Bytes of memory that this process may use; infinite where the system does not say."""
    try:
        physical = float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, ValueError, OSError):
        physical = math.inf
    try:
        return min(physical, float(_LIMIT.read_text(encoding="ascii")))
    except (OSError, ValueError):  # no container, or `max`
        return physical


@contextmanager
def limit_memory() -> Iterator[None]:
    """Inside, memory that the machine does not have is refused with a MemoryError (Linux)."""
    try:
        import resource

        limit = resource.getrlimit(resource.RLIMIT_DATA)
        most = _status("/proc/self/status", "VmData") + _available()
        resource.setrlimit(resource.RLIMIT_DATA, (_lower(most, limit[0]), limit[1]))
    except (ImportError, OSError, ValueError):  # another system; it refuses by itself, or not
        yield
        return
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, limit)


def _lower(limit: int, old: int) -> int:
    """The lower of two limits, of which the old one may be -1, for none."""
    return limit if old < 0 else min(limit, old)


def _available() -> int:
    """Bytes that can be had now without taking them from others."""
    return _status("/proc/meminfo", "MemAvailable") + _status("/proc/meminfo", "SwapFree")


def _status(file: str, name: str) -> int:
    """A figure of the system's, which writes it in kB."""
    for line in Path(file).read_text(encoding="ascii").splitlines():
        if line.startswith(f"{name}:"):
            return 1024 * int(line.split()[1])
    raise ValueError(name)


def format_bytes(count: float) -> str:
    """A number of bytes with three digits: `12.3 GB`."""
    power = 0
    while count >= 1000 and power < len(_UNITS) - 1:
        count, power = count / 1000, power + 1
    return f"{count:.3g} {_UNITS[power]}"


def _sizes(graph: Graph, copies: int, rows: int) -> Iterator[tuple[int, Node]]:
    """How many numbers each node holds."""
    for node in graph.nodes:
        weights = sum(weight.size for weight in node.weights.values())
        yield copies * weights + rows * prod(node.shape), node
