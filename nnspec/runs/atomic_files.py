"""Atomic file replacement, JSON files, and I/O errors as RunError."""

from __future__ import annotations

import contextlib
import json
import math
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from nnspec.errors import RunError, visible

_BLOCK = 1 << 20  # bytes


def write_file(path: Path, content: bytes | str) -> None:
    """Replace a file atomically by a text or bytes.

    Text is encoded as UTF-8, with lone surrogates (from file names) escaped.
    """
    write_chunks(path, [encoded(content) if isinstance(content, str) else content])


def encoded(text: str) -> bytes:
    """A text as UTF-8, with lone surrogates escaped."""
    return text.encode(errors="backslashreplace")


def rewrite_file(path: Path, content: str) -> None:
    """Replace the text of a file atomically: its mode stays, and a link to it stays one."""
    try:
        path = path.resolve(strict=True)
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise _io_error("write", path, error) from None
    write_chunks(path, [content.encode()], mode)


def write_chunks(
    path: Path,
    chunks: Iterable[bytes | memoryview],
    mode: int | None = None,
    before_replacing: Callable[[], None] | None = None,
) -> None:
    """Replace a file atomically: a crash, Ctrl-C or a full disk leaves the old file.

    Its folder must exist. `mode` are the permissions that it gets, else those of a new file.
    `before_replacing` is called when the new content is on the disk, beside the old file.
    """
    temporary = path.parent / f".{path.name}.{os.getpid()}.part"
    try:
        _write_and_sync(temporary, chunks)
        if mode is not None:
            temporary.chmod(mode)
        if before_replacing is not None:
            before_replacing()
        temporary.replace(path)
    except BaseException as error:
        with contextlib.suppress(OSError, UnicodeEncodeError):
            temporary.unlink(missing_ok=True)
        if isinstance(error, OSError | UnicodeEncodeError):
            raise _io_error("write", path, error) from None
        raise


def _write_and_sync(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    with path.open("wb") as file:
        for chunk in chunks:
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Make a folder and its parents unless they exist."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, UnicodeEncodeError) as error:
        raise _io_error("make the folder", path, error) from None


def write_json(path: Path, values: Any) -> None:
    """Write values as a JSON file, atomically."""
    write_file(path, json_text(values))


def json_text(values: Any) -> str:
    """The text of a JSON file."""
    return to_json(values) + "\n"


def to_json(values: Any) -> str:
    """Strict ASCII JSON: NaN and infinities become null."""
    return json.dumps(replace_non_finite(values), indent=2, allow_nan=False)


def sync_folder(folder: Path) -> None:
    """Put the names of a folder's files on the disk, where the system can."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def read_file(path: Path) -> bytes:
    """A file's bytes; a RunError if it cannot be read."""
    try:
        return path.read_bytes()
    except (OSError, UnicodeEncodeError) as error:
        raise _io_error("read", path, error) from None


def read_blocks(path: Path) -> Iterator[bytes]:
    """A file's bytes, a block at a time; a RunError if it cannot be read."""
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                yield block
    except (OSError, UnicodeEncodeError) as error:
        raise _io_error("read", path, error) from None


def _io_error(action: str, path: Path, error: OSError | UnicodeEncodeError) -> RunError:
    """A RunError; UnicodeEncodeError: the locale's encoding cannot write the name."""
    reason = error.strerror if isinstance(error, OSError) else None
    return RunError(f"cannot {action} {visible(str(path))}: {reason or error}")


def replace_non_finite(value: Any) -> Any:
    """Nested values with NaN and infinities replaced by None, which JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: replace_non_finite(item) for key, item in value.items()}
    return (
        [replace_non_finite(item) for item in value] if isinstance(value, list | tuple) else value
    )
