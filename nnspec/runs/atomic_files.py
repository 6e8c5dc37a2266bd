"""Files that are either the old one or the new one, whatever happens while they are written."""

from __future__ import annotations

import contextlib
import json
import math
import os
from pathlib import Path
from typing import Any

from nnspec.errors import RunError, visible


def write_file(path: Path, content: bytes | str) -> None:
    """Replace a file at once: a crash, Ctrl-C or a full disk leaves the old one.

    Its folder must be there. Text is UTF-8; what is no Unicode, as in the name of a file, is
    escaped.
    """
    data = content.encode(errors="backslashreplace") if isinstance(content, str) else content
    part = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        _fill(part, data)
        part.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise _failed("write", path, error) from None
        raise


def _fill(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """A folder and those above it, where they are not there."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _failed("make the folder", path, error) from None


def write_json(path: Path, values: Any) -> None:
    """`write_file` as JSON."""
    write_file(path, to_json(values) + "\n")


def to_json(values: Any) -> str:
    """JSON that every parser reads in every encoding: numbers that JSON lacks become null."""
    return json.dumps(_finite(values), indent=2, allow_nan=False)


def read_json(path: Path) -> Any:
    """The values of a JSON file; a RunError where it is missing or damaged."""
    try:
        return json.loads(read_file(path))
    except (ValueError, RecursionError):
        raise RunError(f"{visible(str(path))} is damaged: it is no JSON") from None


def read_file(path: Path) -> bytes:
    """A file's bytes; a RunError where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise _failed("read", path, error) from None


def _failed(what: str, path: Path, error: OSError) -> RunError:
    return RunError(f"cannot {what} {visible(str(path))}: {error.strerror or error}")


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return [_finite(item) for item in value] if isinstance(value, list | tuple) else value
