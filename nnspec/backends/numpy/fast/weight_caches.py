"""What kernels compute of the weights alone: in inference, once for all block networks."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Protocol, TypeVar

from nnspec.backends.numpy.fast.threads import Stage, Task


class WeightCache(Protocol):
    """Arrays that are a function of the weights."""

    @property
    def refresh(self) -> Task:
        """The task that recomputes them."""


Cache = TypeVar("Cache", bound=WeightCache)


class WeightCaches:
    """The caches of a graph's kernels, by key; block networks that are built later share them."""

    def __init__(self) -> None:
        self.caches: dict[Hashable, WeightCache] = {}
        self.lock = Lock()

    def get(self, key: Hashable, make: Callable[[], Cache]) -> Cache:
        """The cache of a key; a new one is computed at once."""
        with self.lock:
            if key not in self.caches:
                self.caches[key] = cache = make()
                cache.refresh()
            return self.caches[key]  # type: ignore[return-value]

    def refresh_stage(self) -> Stage:
        """Tasks that recompute all of them, for when the weights may have changed."""
        return [[cache.refresh] for cache in self.caches.values()]
