"""`manifest.json`: the size and the SHA-256 of each file of a run.

While a run trains, its files are replaced one by one. The manifest is then written ahead: it
lists a file's old and its new version before the file is replaced, so that at any moment, and
after a process was killed, each file is one of its listed versions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files, checked_json
from nnspec.runs.file_names import MANIFEST

_FORMAT = 1


class FileVersion(NamedTuple):
    """The size in bytes and the SHA-256 of a content of a file."""

    size: int
    sha256: str

    @classmethod
    def of(cls, content: bytes) -> FileVersion:
        """The version that a content is."""
        return cls(len(content), hashlib.sha256(content).hexdigest())

    @classmethod
    def of_file(cls, path: Path) -> FileVersion:
        """The version that a file is, of which only a block is in memory; a RunError of no file."""
        hasher = FileVersionHasher()
        for _ in hasher.passing(atomic_files.read_blocks(path)):
            pass
        return hasher.version


Manifest = Mapping[str, tuple[FileVersion, ...]]  # path in the run -> versions that it may be


class FileVersionHasher:
    """Computes the version of a content while its chunks pass by."""

    def __init__(self) -> None:
        self._size, self._digest = 0, hashlib.sha256()

    def passing(self, chunks: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The same chunks."""
        for chunk in chunks:
            self._size += len(chunk)
            self._digest.update(chunk)
            yield chunk

    @property
    def version(self) -> FileVersion:
        """The version of all chunks that have passed."""
        return FileVersion(self._size, self._digest.hexdigest())


def read_manifest(run: Path) -> Manifest:
    """The manifest of a run; a RunError if it is missing, or not as it was written."""
    path = run / MANIFEST
    if not path.exists():
        message = f"{visible(str(run))} has no {MANIFEST}, so its files cannot be verified"
        raise RunError(message, f"put it back, or {accept_hint(run, MANIFEST)}")
    try:
        return _from_plain(checked_json.parse(atomic_files.read_file(path)))
    except (ValueError, TypeError, KeyError, AttributeError):
        message = f"{visible(str(path))} is damaged: it is not as nnspec wrote it"
        raise RunError(message, f"put a copy back, or {accept_hint(run, MANIFEST)}") from None


def write_manifest(run: Path, manifest: Manifest) -> None:
    """Replace the manifest of a run, atomically."""
    files = {
        name: [version._asdict() for version in versions] for name, versions in manifest.items()
    }
    atomic_files.write_file(run / MANIFEST, checked_json.dump({"files": files, "format": _FORMAT}))


def accept_hint(run: Path, name: str) -> str:
    """How a changed file is accepted."""
    return f"accept what is there: nnspec verify {visible(str(run))} --accept {visible(name)}"


def _from_plain(values: dict[str, Any]) -> Manifest:
    """Parse the map of a manifest; raise ValueError, TypeError or KeyError if it is none."""
    if values["format"] != _FORMAT:
        raise ValueError("another format")
    return {
        _checked_name(name): tuple(FileVersion(**version) for version in versions)
        for name, versions in values["files"].items()
    }


def _checked_name(name: str) -> str:
    """The path of a file in the run; a ValueError where it leads out of its folder."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or str(path) != name:
        raise ValueError("no path in the run")
    return name
