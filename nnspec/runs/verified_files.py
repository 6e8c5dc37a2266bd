"""Reading of a run's files: each is compared with its SHA-256 in the manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nnspec.errors import RunError, visible
from nnspec.runs import atomic_files
from nnspec.runs.file_names import MANIFEST
from nnspec.runs.manifest import FileVersion, accept_hint, read_manifest

_ATTEMPTS = 50  # while another process replaces the file again and again


def read_verified(run: Path, name: str) -> bytes:
    """The content of the file `name` of a run; a RunError unless it is as the run wrote it."""
    content = b""

    def version() -> FileVersion:
        nonlocal content
        content = atomic_files.read_file(run / name)
        return FileVersion.of(content)

    reason = find_damage(run, name, version)
    if reason:
        raise _damaged(run, name, reason)
    return content


def find_damage(run: Path, name: str, read_version: Callable[[], FileVersion]) -> str:
    """What is wrong with the file `name` of a run, whose content `read_version` reads; or "".

    Of a run that is being trained, a file may be replaced between the reading of the manifest and
    of the file: where the manifest has changed too, both are read again. Raises RunError where
    the manifest or the file cannot be read.
    """
    manifest = read_manifest(run)
    for _ in range(_ATTEMPTS):
        reason = _find_damage(run / name, manifest.get(name), read_version)
        before, manifest = manifest, read_manifest(run) if reason else manifest
        if manifest == before:
            return reason
    return "it is replaced again and again while it is read"


def read_verified_json(run: Path, name: str) -> Any:
    """The values of a JSON file of a run."""
    try:
        return json.loads(read_verified(run, name))
    except (ValueError, RecursionError):
        raise RunError(f"{visible(str(run / name))} is damaged: it is no JSON") from None


def has_file(run: Path, name: str) -> bool:
    """Whether a run has the file `name`, or should have it."""
    return (run / name).exists() or name in read_manifest(run)


def _find_damage(
    path: Path, listed: tuple[FileVersion, ...] | None, read_version: Callable[[], FileVersion]
) -> str:
    if listed is None and not path.exists():
        return "it is missing, and was never written"
    if listed is None:
        return f"it is not in {MANIFEST}"
    if not path.exists():
        return "it is missing"
    if not path.is_file():  # a named pipe would be waited for
        return "it is not a file"
    return _mismatch(read_version(), listed)


def _mismatch(found: FileVersion, listed: tuple[FileVersion, ...]) -> str:
    """What tells a content from the listed versions; nothing where it is one of them."""
    if found in listed:
        return ""
    sizes = sorted({version.size for version in listed})
    if found.size in sizes:
        return f"its SHA-256 is not the one in {MANIFEST}"
    expected = " or ".join(f"{size:,}" for size in sizes)
    return f"it has {found.size:,} bytes, not {expected} as in {MANIFEST}"


def _damaged(run: Path, name: str, reason: str) -> RunError:
    """A RunError that names the file, and what to do."""
    message = f"{visible(str(run / name))} is damaged or changed: {reason}"
    return RunError(message, f"put a copy back, or {accept_hint(run, name)}")
