"""Rule of hash: text and whole numbers in buckets, alike on every machine."""

from __future__ import annotations

from hashlib import blake2b
from math import prod
from typing import Any

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.components.preprocessing.hashing import HashTransform
from nnspec.data.invalid_values import require, require_values
from nnspec.data.preprocessing.row_columns import as_columns
from nnspec.data.registry import FittedState, TransformRule

_BYTES = 8  # of a hash, and of the key


def _apply(step: HashTransform, _: FittedState, x: Array) -> Array:
    require_values(step.kind, x)
    if x.dtype.kind == "f":
        require(x == np.floor(x), x, step.kind, "which is no whole number", "bucketize takes any")
    different, inverse = np.unique(x, return_inverse=True)
    found = np.array([_bucket(step, value) for value in different.tolist()], np.int64)
    buckets = found[inverse].reshape(x.shape)
    if step.output_mode == "int":
        return buckets
    hot = as_columns(buckets)[:, :, None] == np.arange(step.buckets)
    return hot.reshape(len(x), prod(hot.shape[1:])).astype(np.float32)


def _bucket(step: HashTransform, value: Any) -> int:
    """The bucket of a text, or of a whole number of any type."""
    text = value if isinstance(value, str) else str(int(value))
    key = step.seed.to_bytes(_BYTES, "little")
    digest = blake2b(text.encode(), digest_size=_BYTES, key=key).digest()
    return int.from_bytes(digest, "little") % step.buckets


hash = TransformRule(_apply)  # noqa: A001
