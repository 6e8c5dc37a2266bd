"""JSON in one canonical form with the SHA-256 of its content: no byte changes unnoticed."""

from __future__ import annotations

import hashlib
import json
from typing import Any

_CHECKSUM = "sha256"


def dump(values: dict[str, Any]) -> bytes:
    """The text of a map, and of its checksum under `sha256`, which `values` must not have."""
    checksum = hashlib.sha256(_text(values)).hexdigest()
    return _text({**values, _CHECKSUM: checksum})


def parse(content: bytes) -> dict[str, Any]:
    """The map whose text is `content`; a ValueError unless `dump` gives exactly these bytes."""
    try:
        values = json.loads(content)
        del values[_CHECKSUM]
        if dump(values) == content:
            return dict(values)
    except (ValueError, TypeError, KeyError, RecursionError):
        pass
    raise ValueError("it is not as it was written")


def _text(values: dict[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, sort_keys=True) + "\n").encode("ascii")
