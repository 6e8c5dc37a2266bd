"""Reader of the binary versions of CIFAR-10 and CIFAR-100, straight from their archives.

A member holds a record for each image: one label byte (CIFAR-10) or two (CIFAR-100: coarse, then
fine), then 3,072 bytes: the red plane of 32x32 pixels, then the green and the blue one.
"""

from __future__ import annotations

import tarfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from nnspec.errors import DataError, quoted

Bytes = NDArray[np.uint8]
_SIZE, _CHANNELS = 32, 3


def read_cifar(
    archive: Path, parts: Sequence[Sequence[str]], label_bytes: int, label: int
) -> list[tuple[Bytes, Bytes]]:
    """The images (rows, 32, 32, 3) and labels (rows) of each part: some members of an archive.

    A record has `label_bytes` labels, of which the one of number `label` is taken.
    """
    found = dict(_read_members(archive, {name for names in parts for name in names}))
    missing = [name for names in parts for name in names if name not in found]
    if missing:
        raise DataError(f"{quoted(archive.name)} has no member {quoted(missing[0])}")
    length = label_bytes + _SIZE * _SIZE * _CHANNELS
    if any(not content or len(content) % length for content in found.values()):
        raise DataError(f"{quoted(archive.name)} holds no records of {length:,} bytes")
    return [
        _part([np.frombuffer(found[n], np.uint8).reshape(-1, length) for n in names], label)
        for names in parts
    ]


def _part(records: Sequence[Bytes], label: int) -> tuple[Bytes, Bytes]:
    """The images and labels of the records (rows, bytes) of some members."""
    pixels = [one[:, -_SIZE * _SIZE * _CHANNELS :] for one in records]
    planes = [one.reshape(-1, _CHANNELS, _SIZE, _SIZE) for one in pixels]
    images = np.concatenate([plane.transpose(0, 2, 3, 1) for plane in planes])
    return np.ascontiguousarray(images), np.concatenate([one[:, label] for one in records])


def _read_members(archive: Path, names: set[str]) -> Iterator[tuple[str, bytes]]:
    """The content of the members of some names, in whatever folder; read once."""
    try:
        with tarfile.open(archive, "r|gz") as opened:
            for member in opened:
                content = opened.extractfile(member) if member.isfile() else None
                if content and PurePosixPath(member.name).name in names:
                    yield PurePosixPath(member.name).name, content.read()
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "it is no intact .tar.gz archive"
        raise DataError(f"cannot read {quoted(archive.name)}: {reason}") from None
