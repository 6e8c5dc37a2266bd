"""From a spec file to plain located values: `extends`, overrides, then blocks and `${...}`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnspec.language.located import LocatedMap
from nnspec.spec.inheritance import read_extended

_EXPANDED = {"vars", "blocks", "repeat", "when"}


def resolve(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> LocatedMap:
    """Read a spec file, apply `extends` and overrides, and expand blocks and `${...}`.

    Raises SpecError for bad YAML, a bad override, a wrong use of a block, an unknown name in
    `${...}` or a cycle.
    """
    return fill_in(read_unresolved(path, overrides))


def read_unresolved(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> LocatedMap:
    """Read a spec file and apply `extends` and overrides, without expansion."""
    return with_overrides(read_extended(Path(path)).copy(), overrides)


def with_overrides(
    root: LocatedMap, overrides: Sequence[str], name: str = "command line"
) -> LocatedMap:
    """The document with values that overrides change; `name` is what messages call their place."""
    if not overrides:
        return root
    from nnspec.spec.override_conflicts import apply_overrides  # most specs are read without

    return apply_overrides(root, overrides, name)


def fill_in(root: LocatedMap) -> LocatedMap:
    """The document with its blocks, `repeat`, `when` and `${...}` expanded."""
    if _is_expanded(root):
        return root
    from nnspec.spec.expansion import expand  # much code, for what many specs do not use

    return expand(root)


def _is_expanded(value: Any) -> bool:
    """Whether a value holds nothing that is expanded: no `${...}`, and none of these words."""
    if isinstance(value, str):
        return "${" not in value and value not in _EXPANDED
    if isinstance(value, Mapping):
        return _EXPANDED.isdisjoint(value) and all(map(_is_expanded, value.values()))
    return not isinstance(value, list) or all(map(_is_expanded, value))
