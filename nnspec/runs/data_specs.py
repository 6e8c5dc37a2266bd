"""Shapes and dtypes of a run's raw rows as JSON, so that its spec compiles without its data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.components.sources.base import DataSpec
from nnspec.data.column_types import type_name, type_of
from nnspec.options.tensor_spec import TensorSpec


def data_spec_to_plain(data_spec: DataSpec) -> dict[str, Any]:
    """Plain values for `preprocessing.json`."""
    return {side: _side_to_plain(rows) for side, rows in data_spec._asdict().items()}


def data_spec_from_plain(values: Any) -> DataSpec:
    """Parse what `data_spec_to_plain` returns; raise ValueError, TypeError or KeyError if damaged.

    The shape of an only array is a list; under the names of several arrays there are maps.
    """
    return DataSpec(_side_from_plain(values["inputs"]), _side_from_plain(values["targets"]))


def _side_to_plain(rows: Any) -> dict[str, Any]:
    if isinstance(rows, Mapping):
        return {name: _side_to_plain(row) for name, row in rows.items()}
    return {"shape": list(rows.shape), "dtype": rows.dtype}


def _side_from_plain(values: Any) -> TensorSpec | dict[str, TensorSpec | None]:
    if not isinstance(values, dict):
        raise TypeError("no map")
    if not values:
        raise ValueError("no array")
    if isinstance(values.get("shape"), list):
        return _tensor_spec(values)
    return {name: _tensor_spec(one) for name, one in values.items()}


def _tensor_spec(values: Any) -> TensorSpec:
    """One array's shape and dtype; raise ValueError unless they are such."""
    shape, dtype = values["shape"], values["dtype"]
    if not all(type(size) is int and size >= 0 for size in shape) or not isinstance(dtype, str):
        raise ValueError("no shape and dtype")
    if type_name(type_of(dtype)) != dtype or type_of(dtype).kind not in "biufTM":
        raise ValueError("no type of a source's values")
    return TensorSpec(tuple(shape), dtype)
