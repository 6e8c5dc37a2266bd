"""Hashes of rows: equal rows have equal hashes, other rows hardly ever."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.randomness import philox

Hashes = NDArray[np.uint64]
_BLOCK = 1 << 17  # words that are hashed at a time, in the processor's cache
_MIDDLE = 128  # bytes
_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, odd
_FOLD, _MIX = np.uint64(32), np.uint64(29)  # bits by which a word is shifted


def comparable(one: Values, other: Values) -> list[tuple[Array, Array]]:
    """The arrays of both sides in pairs of one type, (rows, numbers) each; text as numbers."""
    others = by_name(other)
    pairs = [(array, others[name]) for name, array in by_name(one).items()]
    return [_of_one_type(*map(_flat, pair)) for pair in pairs]


def row_hashes(arrays: list[Array]) -> Hashes:
    """A hash of each row of arrays (rows, numbers) of as many rows."""
    hashes = np.zeros(len(arrays[0]), np.uint64)
    for number, array in enumerate(arrays):
        hashes = hashes * _FACTOR + _hashes(array, number)
    return hashes


def middles(arrays: list[Array]) -> list[Array]:
    """The numbers in the middle of wide rows: by them most rows are known to be different."""
    return [_middle(array) for array in arrays]


def _middle(array: Array) -> Array:
    width = max(1, _MIDDLE // array.dtype.itemsize)
    start = max(0, (array.shape[1] - width) // 2)
    return array[:, start : start + width]


def _flat(array: Array) -> Array:
    return array.reshape(len(array), -1)


def _of_one_type(one: Array, other: Array) -> tuple[Array, Array]:
    if one.dtype.kind == "T":
        codes = dict[str, int]()
        first, second = (_coded(array, codes) for array in (one, other))
        return first, second
    common: np.dtype[Any] = np.result_type(one, other)
    return one.astype(common, copy=False), other.astype(common, copy=False)


def _coded(array: Array, codes: dict[str, int]) -> Array:
    """A number for each text, which new texts are added to."""
    texts = array.ravel().tolist()
    numbers = (codes.setdefault(text, len(codes)) for text in texts)
    return np.fromiter(numbers, np.int64, len(texts)).reshape(array.shape)


def _hashes(array: Array, number: int) -> Hashes:
    """A hash of each row of one array: the sum of its words, each folded and times its factor."""
    width = -(-array.shape[1] * array.dtype.itemsize // 8)
    factors = philox.random_bits(width, "row_hashes", number) | np.uint64(1)
    return np.concatenate(
        [_mixed(words, factors) for words in _blocks(array, width)] or [np.zeros(0, np.uint64)]
    )


def _mixed(words: Hashes, factors: Hashes) -> Hashes:
    products = (words ^ (words >> _FOLD)) * factors
    sums: Hashes = (products ^ (products >> _MIX)).sum(axis=1, dtype=np.uint64)
    return sums


def _blocks(array: Array, width: int) -> Iterator[Hashes]:
    """The bytes of some rows at a time, as words of 64 bits; 0 fills the last one."""
    rows = max(1, _BLOCK // max(1, width))
    for start in range(0, len(array), rows):
        block = np.ascontiguousarray(array[start : start + rows])
        if block.dtype.kind == "f":
            block = block + block.dtype.type(0)  # -0 is 0
        octets = block.view(np.uint8).reshape(len(block), -1)
        if octets.shape[1] != 8 * width:
            octets = np.pad(octets, ((0, 0), (0, 8 * width - octets.shape[1])))
        yield np.ascontiguousarray(octets).view(np.uint64)
