"""NumPy types of rows in a preparation; `components/preprocessing/base.py` says which and why."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.contract import target_dtype
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.compute import ComputeConfig
from nnspec.data.row_origin import Side
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import objectives
from nnspec.spec.document import Spec

FLOAT64: np.dtype[Any] = np.dtype(np.float64)
Types = Mapping[str, np.dtype[Any] | None]
_NONE: Types = MappingProxyType({})


class StoredTypes(NamedTuple):
    """The types of the prepared numbers of an array; None is their own."""

    floats: np.dtype[Any] | None = None
    whole: np.dtype[Any] | None = None  # of whole numbers

    def of(self, dtype: np.dtype[Any]) -> np.dtype[Any]:
        """The type in which numbers of a type are stored."""
        if dtype.kind in "TM":  # text and dates, which no step has made numbers of
            return dtype
        return (self.floats if dtype.kind == "f" else self.whole) or dtype.newbyteorder("=")


OWN = StoredTypes()


class FloatTypes(NamedTuple):
    """The floating type of the prepared numbers of each input and each target, by its name.

    It is the network's own, and that of the closed form, which is worked out in float64. Where the
    network takes whole numbers it is float64, which rounds none of them before they are checked.
    `whole_inputs` has the type of whole numbers where the network takes real ones: these are stored
    in it chunk by chunk, which would else be done later, to all of them, by each upload.
    """

    inputs: Types = _NONE
    targets: Types = _NONE
    whole_inputs: Types = _NONE

    @classmethod
    def in_network(cls, spec: Spec, graph: Graph, compute: ComputeConfig) -> FloatTypes:
        """Those of a network's inputs and of its losses' targets."""
        own = FLOAT64 if isinstance(spec.optimizer, LeastSquares) else compute.dtype
        inputs = {name: own if one.is_float else FLOAT64 for name, one in graph.inputs.items()}
        targets = {
            one.output: own if target_dtype(one, own) == own else FLOAT64
            for one in objectives(spec, graph)
        }
        whole_inputs = {name: own if one.is_float else None for name, one in graph.inputs.items()}
        return cls(inputs, targets, whole_inputs)

    def of(self, side: Side, name: str = "") -> StoredTypes:
        """Those of an array; the only one of a network may have another name, or none."""
        whole = self.whole_inputs if side == "inputs" else _NONE
        return StoredTypes(_of(getattr(self, side), name), _of(whole, name))


def _of(types: Types, name: str) -> np.dtype[Any] | None:
    """The type of an array by its name, or of the only one; None where nothing is known."""
    return types[name] if name in types else next(iter(types.values())) if len(types) == 1 else None


AS_COMPUTED = FloatTypes()


def unprepared_rows(rows: Array) -> Array:
    """Rows of a source as the first step gets them, read into memory: real numbers in float64."""
    rows = np.asarray(rows)
    return rows.astype(StoredTypes(FLOAT64).of(rows.dtype), copy=False)
