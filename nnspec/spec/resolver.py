"""From a spec file to plain located values: `extends`, overrides, then blocks and `${...}`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nnspec.language.located import LocatedMap
from nnspec.spec.expansion import expand
from nnspec.spec.inheritance import read_extended
from nnspec.spec.overrides import apply_override


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> LocatedMap:
    """Read a spec file, apply `extends` and overrides, and expand blocks and `${...}`.

    Raises SpecError for bad YAML, a bad override, a wrong use of a block, an unknown name in
    `${...}` or a cycle.
    """
    return fill_in(read_unresolved(path, overrides))


def read_unresolved(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> LocatedMap:
    """Read a spec file and apply `extends` and overrides, without expansion."""
    root = read_extended(Path(path)).copy()
    for text in overrides:
        root = apply_override(root, text)
    return root


def fill_in(root: LocatedMap) -> LocatedMap:
    """The document with its blocks, `repeat`, `when` and `${...}` expanded."""
    return expand(root)
