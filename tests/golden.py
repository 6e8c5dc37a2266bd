"""Golden files: YAML beside the text that nnspec makes of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnspec.errors import SpecError

GOLDEN = Path(__file__).parent / "golden"


def cases(folder: str) -> pytest.MarkDecorator:
    """Parametrise a test with the YAML files of a folder, by their names."""
    return pytest.mark.parametrize("name", sorted(p.stem for p in (GOLDEN / folder).glob("*.yaml")))


def expected(folder: str, name: str) -> str:
    return (GOLDEN / folder / f"{name}.txt").read_text(encoding="utf-8")


def outcome(read: Callable[[str], object], path: str) -> str:
    """What `read` gives for a file, or the message with which it refuses it."""
    try:
        return f"{read(path)!s}\n"
    except SpecError as error:
        return f"{error}\n"
