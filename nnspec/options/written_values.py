"""Values as a spec writes them, for messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.errors import quoted


def as_written(value: Any) -> str:
    """A value as a spec writes it, texts in quotes."""
    if value is None or isinstance(value, bool):
        return "null" if value is None else str(value).lower()
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {as_written(item)}' for key, item in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_written, value))}]"
    return quoted(value)
