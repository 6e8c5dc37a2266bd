"""safetensors files, written array by array and read without a copy of the arrays in memory."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from nnspec.backends.arrays import Array

# In the order of their arrays in a file.
_DTYPES = {"<i8": "I64", "<f8": "F64", "<f4": "F32", "|u1": "U8"}
_TYPES = {name: np.dtype(code) for code, name in _DTYPES.items()}
_ALIGNMENT = 8
_NO_METADATA: Mapping[str, str] = MappingProxyType({})


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


def tensors_in(content: bytes) -> dict[str, Array]:
    """The arrays of a safetensors file that `tensor_chunks` wrote, as read-only views of its bytes.

    Raises ValueError, TypeError, KeyError or AttributeError where it is no such file.
    """
    start = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:start])
    header.pop("__metadata__", None)
    end, arrays = 0, {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        dtype, (begin, stop) = _TYPES[entry["dtype"]], entry["data_offsets"]
        count = math.prod(entry["shape"])
        if begin != end or min(entry["shape"], default=0) < 0:
            raise ValueError("arrays that do not follow each other")
        end = begin + count * dtype.itemsize
        if end != stop or start + end > len(content):
            raise ValueError("an array of another size")
        values = (
            np.frombuffer(content, dtype, count, start + begin) if count else np.empty(0, dtype)
        )
        arrays[name] = values.reshape(entry["shape"])
    if start + end != len(content):
        raise ValueError("bytes that belong to no array")
    return arrays


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
