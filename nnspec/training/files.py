"""Files that are either the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any

from nnspec.errors import RunError, visible


def write(path: Path, content: bytes | str) -> None:
    """Replace a file at once: a crash or a full disk leaves the old one."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise RunError(f"cannot write {visible(str(path))}: {error.strerror}") from None


def write_json(path: Path, values: Any) -> None:
    """`write` as JSON."""
    write(path, to_json(values) + "\n")


def to_json(values: Any) -> str:
    """JSON that every parser reads: numbers that JSON lacks become null."""
    return json.dumps(_finite(values), indent=2, ensure_ascii=False, allow_nan=False)


def read_json(path: Path) -> Any:
    """The values of a JSON file; a RunError where it is missing or damaged."""
    try:
        return json.loads(read(path))
    except ValueError:
        raise RunError(f"{visible(str(path))} is damaged: it is no JSON") from None


def read(path: Path) -> bytes:
    """A file's bytes; a RunError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise RunError(f"cannot read {visible(str(path))}: {error.strerror}") from None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
