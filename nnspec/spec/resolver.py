"""From a spec file to plain located values: `extends`, overrides, then `vars` and `${...}`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from nnspec.language.interpolation import without_vars
from nnspec.language.located import Map
from nnspec.spec.inheritance import read_extended
from nnspec.spec.overrides import override


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The marked map of a spec file with everything that it refers to put in.

    Raises SpecError for bad YAML, a bad override, an unknown name in `${...}` or a cycle.
    """
    return filled(read(path, overrides))


def read(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Map:
    """The first half of `resolve`: `vars` and `${...}` are still there."""
    root = read_extended(Path(path), ())
    for text in overrides:
        root = override(root, text)
    return root


def filled(root: Map) -> Map:
    """The second half of `resolve`."""
    return without_vars(root.copy())
