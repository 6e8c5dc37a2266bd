"""Writing of safetensors files array by array, without a copy of all of them in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.runs import atomic_files

# In the order of their arrays in a file.
_DTYPES = {"<i8": "I64", "<f8": "F64", "<f4": "F32", "|u1": "U8"}
_ALIGNMENT = 8
_NO_METADATA: Mapping[str, str] = MappingProxyType({})


def write_tensors(path: Path, tensors: Mapping[str, Array]) -> None:
    """Write arrays as a safetensors file, atomically, in the bytes that `safetensors` writes."""
    atomic_files.write_chunks(path, tensor_chunks(tensors))


def tensor_chunks(
    tensors: Mapping[str, Array], metadata: Mapping[str, str] = _NO_METADATA
) -> Iterator[bytes | memoryview]:
    """The bytes of a safetensors file: the header with its length, then those of each array."""
    order = list(_DTYPES)
    arrays = {name: _little_endian(array) for name, array in tensors.items()}
    names = sorted(arrays, key=lambda name: (order.index(arrays[name].dtype.str), name))
    arrays = {name: arrays[name] for name in names}
    fields = {**({"__metadata__": dict(metadata)} if metadata else {}), **_header(arrays)}
    header = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()
    header += b" " * (-len(header) % _ALIGNMENT)
    yield len(header).to_bytes(8, "little") + header
    for array in arrays.values():
        yield array.reshape(-1).view(np.uint8).data


def _header(arrays: Mapping[str, Array]) -> dict[str, object]:
    """The type, the shape and the place of each array."""
    header: dict[str, object] = {}
    start = 0
    for name, array in arrays.items():
        offsets, dtype = [start, start + array.nbytes], _DTYPES[array.dtype.str]
        header[name] = {"dtype": dtype, "shape": list(array.shape), "data_offsets": offsets}
        start = offsets[1]
    return header


def _little_endian(array: Array) -> Array:
    return np.ascontiguousarray(array, array.dtype.newbyteorder("<")).reshape(array.shape)
