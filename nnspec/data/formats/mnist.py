"""Reader of the embedded MNIST: four IDX files, verified by their checksums."""

from __future__ import annotations

import gzip
import hashlib
from importlib.resources import files
from io import BytesIO
from typing import IO, Any, cast

import numpy as np
from numpy.typing import NDArray

from nnspec.data.formats.idx import read_idx
from nnspec.errors import DataError

Bytes = NDArray[np.uint8]

# fmt: off
_SHA256 = {  # of the published files
    "train-images-idx3-ubyte.gz":
        "0b367032e93c5d0cea0925647cfdb18614af8ee15f83e6f2fc2ad904a6835971",
    "train-labels-idx1-ubyte.gz":
        "1787548bbe0bff1ec2ecdc0ef292b02df999e2d1a6002d27500982c652b17203",
    "t10k-images-idx3-ubyte.gz":
        "1a1a05eab793c14bb050b398624a11b0ffd1a2953baed553b1b9bd079e2a20be",
    "t10k-labels-idx1-ubyte.gz":
        "b91679a0acfe4ba0e50a2437a903084cba1f5f92592b016a25a7dfd00455798b",
}
# fmt: on


def images(split: str, rows: int | None = None) -> Bytes:
    """All or the first images of the split `train` or `t10k`, (rows, 28, 28).

    They range from 0 (white) to 255 (black).
    """
    return _read(f"{split}-images-idx3-ubyte.gz", rows)


def labels(split: str, rows: int | None = None) -> Bytes:
    """All or the first digits of the split `train` or `t10k`, (rows)."""
    return _read(f"{split}-labels-idx1-ubyte.gz", rows)


def _read(name: str, rows: int | None) -> NDArray[Any]:
    """Read one of the files, and decompress what the rows need."""
    try:
        compressed = (files("nnspec.data.formats") / "mnist_files" / name).read_bytes()
    except OSError:
        compressed = b""
    if hashlib.sha256(compressed).hexdigest() != _SHA256[name]:
        raise DataError(f"the embedded file {name} is missing or damaged", "install nnspec again")
    with gzip.open(BytesIO(compressed)) as file:
        return read_idx(cast("IO[bytes]", file), name, rows)
