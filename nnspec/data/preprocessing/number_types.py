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
Types = Mapping[str, StoredTypes]
_NONE: Types = MappingProxyType({})


class PreparedTypes(NamedTuple):
    """The types of the prepared numbers of each input and each target, by its name.

    Real numbers are in the network's own type, and in that of the closed form, which is worked out
    in float64. Where the network takes whole numbers they are in float64, which rounds none of them
    before they are checked. Where it takes real ones, whole numbers are stored as such chunk by
    chunk, which would else be done later, to all of them, by each upload.
    """

    inputs: Types = _NONE
    targets: Types = _NONE

    @classmethod
    def in_network(cls, spec: Spec, graph: Graph, compute: ComputeConfig) -> PreparedTypes:
        """Those of a network's inputs and of its losses' targets."""
        own = FLOAT64 if isinstance(spec.optimizer, LeastSquares) else compute.dtype
        inputs = {
            name: StoredTypes(own, own) if one.is_float else StoredTypes(FLOAT64)
            for name, one in graph.inputs.items()
        }
        targets = {
            one.output: StoredTypes(own if target_dtype(one, own) == own else FLOAT64)
            for one in objectives(spec, graph)
        }
        return cls(inputs, targets)

    def of(self, side: Side, name: str = "") -> StoredTypes:
        """Those of an array; the only one of a network may have another name, or none."""
        types: Types = getattr(self, side)
        return next(iter(types.values())) if len(types) == 1 else types.get(name, OWN)


AS_COMPUTED = PreparedTypes()


def unprepared_rows(rows: Array) -> Array:
    """Rows of a source as the first step gets them, read into memory: real numbers in float64."""
    rows = np.asarray(rows)
    return rows.astype(StoredTypes(FLOAT64).of(rows.dtype), copy=False)
