"""Memory of a network's buffers: kept while it is trained, reused along it in inference.

A buffer of a node's own holds its contents from the forward to the backward pass of a batch, and
nothing from one batch to the next. So in inference it is free when the node has run, and the buffer
of a value when its last reader has: the peak is about that of the graph's largest cut.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from math import prod
from typing import Any, NamedTuple, Protocol

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy import huge_pages
from nnspec.options.types import Shape

ALIGNMENT = 64  # bytes
MIN_REGION = 1 << 20  # bytes


class Memory(Protocol):
    """Allocates buffers while the kernels of a network are built, in the order that they run."""

    def empty(self, shape: Shape, dtype: Any) -> Array:
        """An uninitialised array."""

    def release_all_but(self, live: Iterable[Array]) -> None:
        """Allow all memory to be reused that no live array uses."""

    def temporary(self, block: int) -> AbstractContextManager[object]:
        """Context whose arrays hold their contents during one task of a block of rows."""


class _Span(NamedTuple):
    """A range of bytes of a region of memory."""

    region: int
    start: int
    stop: int

    @property
    def size(self) -> int:
        return self.stop - self.start


class ReusedMemory:
    """Arrays in regions of memory; what is released is used again, the best fit first."""

    def __init__(self) -> None:
        self.regions: list[Array] = []
        self.free: list[_Span] = []  # sorted; neighbours are merged
        self.used: dict[int, _Span] = {}  # by address

    @property
    def size(self) -> int:
        """Bytes of all regions."""
        return sum(map(len, self.regions))

    def empty(self, shape: Shape, dtype: Any) -> Array:
        """An uninitialised array."""
        size = prod(shape) * np.dtype(dtype).itemsize
        padded_size = max(-(-size // ALIGNMENT) * ALIGNMENT, ALIGNMENT)
        span = self._take(padded_size)
        memory = self.regions[span.region][span.start : span.start + size]
        self.used[self.regions[span.region].ctypes.data + span.start] = span
        return memory.view(dtype).reshape(shape)

    def release_all_but(self, live: Iterable[Array]) -> None:
        """Allow all memory to be reused that no live array uses."""
        addresses = sorted(array.ctypes.data for array in live)
        for start, span in list(self.used.items()):
            if not any(start <= address < start + span.size for address in addresses):
                self._release(self.used.pop(start))

    @contextmanager
    def temporary(self, block: int) -> Iterator[None]:
        """Context after which the arrays that were made in it may be reused."""
        before = set(self.used)
        yield
        for start in set(self.used) - before:
            self._release(self.used.pop(start))

    def _take(self, size: int) -> _Span:
        fitting = [span for span in self.free if span.size >= size]
        span = min(fitting, key=lambda span: span.size) if fitting else self._add_region(size)
        self.free.remove(span)
        taken = span._replace(stop=span.start + size)
        if taken != span:
            insort(self.free, span._replace(start=taken.stop))
        return taken

    def _add_region(self, size: int) -> _Span:
        self.regions.append(huge_pages.empty((max(size, MIN_REGION),), np.uint8))
        span = _Span(len(self.regions) - 1, 0, len(self.regions[-1]))
        insort(self.free, span)
        return span

    def _release(self, span: _Span) -> None:
        """Add a span to the free ones, merged with those next to it."""
        for other in [other for other in self.free if other.region == span.region]:
            if other.stop == span.start or span.stop == other.start:
                self.free.remove(other)
                span = _Span(span.region, min(span.start, other.start), max(span.stop, other.stop))
        insort(self.free, span)


class KeptMemory:
    """Every array has memory of its own, but those that last for a task share that of a block."""

    def __init__(self) -> None:
        self.shared: dict[int, ReusedMemory] = {}  # by block
        self.current: ReusedMemory | None = None

    def empty(self, shape: Shape, dtype: Any) -> Array:
        """An uninitialised array."""
        return (self.current or huge_pages).empty(shape, dtype)

    def release_all_but(self, live: Iterable[Array]) -> None:
        """Nothing is reused."""

    @contextmanager
    def temporary(self, block: int) -> Iterator[None]:
        """Context whose arrays hold their contents during one task of a block of rows.

        The tasks of a block run one after the other, so they may all write to the same memory.
        """
        self.current = self.shared.setdefault(block, ReusedMemory())
        try:
            with self.current.temporary(block):
                yield
        finally:
            self.current = None
