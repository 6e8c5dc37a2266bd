"""safetensors files with metadata, and with a SHA-256 of all that they hold.

The digest stands in the header's metadata, under `sha256`; it is that of the file's bytes with
zeros in its place.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.numpy import load

from nnspec.backends.arrays import Array
from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files
from nnspec.runs.tensor_files import tensor_chunks

_DIGEST = "sha256"
_NO_DIGEST = "0" * 64


def write_verified_tensors(
    path: Path, tensors: Mapping[str, Array], metadata: Mapping[str, str]
) -> None:
    """Write arrays and texts as a safetensors file with its digest, atomically."""
    first, *arrays = tensor_chunks(tensors, {_DIGEST: _NO_DIGEST, **metadata})
    digest = hashlib.sha256(first)
    for array in arrays:
        digest.update(array)
    header = bytes(first).replace(_NO_DIGEST.encode(), digest.hexdigest().encode(), 1)
    atomic_files.write_chunks(path, [header, *arrays])


def read_verified_tensors(path: Path) -> tuple[dict[str, Array], dict[str, str]]:
    """The arrays and the texts of a file; a RunError unless all its bytes are as they were."""
    content = atomic_files.read_file(path)
    try:
        metadata = _metadata(content)
        digest = metadata.pop(_DIGEST)
        if _digest_of(content, digest) != digest:
            raise ValueError("another digest")
        return load(content), metadata
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        reason = "its content is not what was written"
        raise RunError(f"{visible(str(path))} is damaged: {reason}") from None


def _metadata(content: bytes) -> dict[str, str]:
    """The texts in the header."""
    length = int.from_bytes(content[:8], "little")
    return dict(json.loads(content[8 : 8 + length])["__metadata__"])


def _digest_of(content: bytes, digest: str) -> str:
    """The SHA-256 of a file's bytes with zeros in place of its digest."""
    place = content.index(digest.encode())
    found = hashlib.sha256(content[:place] + _NO_DIGEST.encode())
    found.update(memoryview(content)[place + len(digest) :])
    return found.hexdigest()
