"""States of metrics as a JSON tree and the bytes of the arrays in it.

A state is what `Metric.update` gives: numbers, texts, arrays of numbers, and lists, tuples, maps
and named tuples of these. A named tuple is known by its class's name, which stands in the module of
the metric or of one of its bases.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.metrics.base import Metric

_KINDS = "biuf"  # of the arrays' numbers


class StateWriter:
    """Turns states into trees, and collects the bytes of their arrays."""

    def __init__(self) -> None:
        self.parts: list[Array] = []
        self.size = 0

    def bytes(self) -> Array:
        """The bytes of all arrays."""
        return np.concatenate([np.empty(0, np.uint8), *self.parts])

    def tree(self, metric: Metric, state: Any) -> Any:
        """A state of a metric; a TypeError where it holds what cannot be stored."""
        if isinstance(state, np.ndarray | np.generic):
            return {"array" if isinstance(state, np.ndarray) else "number": self._add(state)}
        if state is None or isinstance(state, bool | int | str):
            return state
        if isinstance(state, float):
            return {"float": state.hex()}
        if isinstance(state, Mapping):
            pairs = [(self.tree(metric, k), self.tree(metric, v)) for k, v in state.items()]
            return {"map": pairs}
        if isinstance(state, list):
            return [self.tree(metric, item) for item in state]
        if isinstance(state, tuple):
            items = [self.tree(metric, item) for item in state]
            return {_class_name(metric, state): items}
        raise TypeError(f"a state of {metric.kind} holds a {type(state).__name__}")

    def _add(self, values: Any) -> list[Any]:
        """The dtype, the place and the shape of an array among the bytes of all."""
        array = np.ascontiguousarray(values).reshape(np.shape(values))
        if array.dtype.kind not in _KINDS:
            raise TypeError(f"a state of a metric holds an array of {array.dtype}")
        place, dtype = self.size, array.dtype.newbyteorder("<")
        self.parts.append(array.astype(dtype).reshape(-1).view(np.uint8))
        self.size += array.nbytes
        return [dtype.str, place, list(array.shape)]


class StateReader:
    """Turns trees back into states; a ValueError, KeyError or TypeError if they are none."""

    def __init__(self, content: Array) -> None:
        self.content = content.tobytes()

    def state(self, metric: Metric, tree: Any) -> Any:
        """The state of a metric that a tree describes."""
        if isinstance(tree, list):
            return [self.state(metric, item) for item in tree]
        if not isinstance(tree, dict):
            return tree
        ((kind, value),) = tree.items()
        if kind == "float":
            return float.fromhex(value)
        if kind in ("array", "number"):
            array = self._array(*value)
            return array if kind == "array" else array[()]
        if kind == "map":
            return {self.state(metric, k): self.state(metric, v) for k, v in value}
        items = [self.state(metric, item) for item in value]
        return tuple(items) if kind == "tuple" else _class(metric, kind)(*items)

    def _array(self, dtype: str, place: int, shape: list[int]) -> Array:
        if np.dtype(dtype).kind not in _KINDS:
            raise ValueError(f"an array of {dtype}")
        flat = np.frombuffer(self.content, dtype, prod(shape), place)
        return flat.reshape(shape).copy()


def _class_name(metric: Metric, state: tuple[Any, ...]) -> str:
    """`tuple`, or the name by which a named tuple's class is found again."""
    name = type(state).__name__
    if type(state) is not tuple and _find(metric, name) is not type(state):
        raise TypeError(f"a state of {metric.kind} holds a {name}, which is not in its module")
    return name


def _class(metric: Metric, name: str) -> Any:
    found = _find(metric, name)
    if found is None:
        raise ValueError(f"no named tuple {name}")
    return found


def _find(metric: Metric, name: str) -> Any:
    """The named tuple of a name in the modules of the metric and its bases; None if there is none.

    No other class is ever found, so that a file can make none.
    """
    for base in type(metric).__mro__:
        found = vars(sys.modules[base.__module__]).get(name)
        if isinstance(found, type) and issubclass(found, tuple) and hasattr(found, "_fields"):
            return found
    return None
