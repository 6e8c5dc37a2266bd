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
Types = Mapping[str, np.dtype[Any]]
_NONE: Types = MappingProxyType({})


class FloatTypes(NamedTuple):
    """The floating type of the prepared numbers of each input and each target, by its name.

    It is the network's own, and that of the closed form, which is worked out in float64. Where the
    network takes whole numbers it is float64, which rounds none of them before they are checked.
    """

    inputs: Types = _NONE
    targets: Types = _NONE

    @classmethod
    def in_network(cls, spec: Spec, graph: Graph, compute: ComputeConfig) -> FloatTypes:
        """Those of a network's inputs and of its losses' targets."""
        own = FLOAT64 if isinstance(spec.optimizer, LeastSquares) else compute.dtype
        inputs = {name: own if one.is_float else FLOAT64 for name, one in graph.inputs.items()}
        targets = {
            one.output: own if target_dtype(one, own) == own else FLOAT64
            for one in objectives(spec, graph)
        }
        return cls(inputs, targets)

    def of(self, side: Side, name: str) -> np.dtype[Any] | None:
        """That of an array by its name; the only one of a network may have another name."""
        types: Types = getattr(self, side)
        return types[name] if name in types else self.only(side)

    def only(self, side: Side) -> np.dtype[Any] | None:
        """That of the only array of a side; None where nothing is known."""
        types: Types = getattr(self, side)
        return next(iter(types.values())) if len(types) == 1 else None


AS_COMPUTED = FloatTypes()


def unprepared_rows(rows: Array) -> Array:
    """Rows of a source as the first step gets them: real numbers in float64."""
    return rows.astype(stored_type(rows.dtype, FLOAT64), copy=False)


def stored_type(dtype: np.dtype[Any], floats: np.dtype[Any] | None) -> np.dtype[Any]:
    """The type of prepared rows: `floats` for real numbers if it is known, else their own."""
    return floats if floats and dtype.kind == "f" else dtype.newbyteorder("=")
