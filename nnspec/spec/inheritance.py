"""`extends`: a spec that changes values of another one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from nnspec.errors import Problem, SourceSpan, SpecError, quoted
from nnspec.language import reader
from nnspec.language.located import LocatedMap
from nnspec.options import registry

MAX_EXTENDS = 16


# ---------------------------------------------------------------- extends


def read_extended(path: Path, below: tuple[str, ...]) -> LocatedMap:
    """Read a spec file, merged over the file that it extends."""
    document = reader.read_document(path)
    root = reader.parse(document)
    if not isinstance(root, LocatedMap):
        what = "is empty" if root is None else "holds no map of keys"
        place = getattr(root, "place", None) or SourceSpan(document, 0, 0)
        raise SpecError(Problem(f"the spec {what}", place, "start with `network:`"))
    base = root.pop("extends", None)
    if "extends" not in root.places:
        return root
    below = (*below, os.path.realpath(path))
    return _laid_over(_base(base, path.parent, below, root.places["extends"]), root)


def _base(base: Any, folder: Path, below: tuple[str, ...], place: SourceSpan) -> LocatedMap:
    """The map of the file `base`, which the last of the files `below` extends."""
    if not isinstance(base, str) or not base:
        raise SpecError(Problem(f"extends needs the path of a spec, not {quoted(base)}", place))
    if "\0" not in base and os.path.realpath(folder / base) in below:
        raise SpecError(Problem(f"{quoted(base)} extends itself", place))
    if len(below) >= MAX_EXTENDS:
        raise SpecError(Problem(f"more than {MAX_EXTENDS} specs extend each other", place))
    try:
        return read_extended(folder / base, below)
    except SpecError as error:
        raise SpecError(problem.at(place) for problem in error.problems) from None


def _laid_over(base: LocatedMap, top: LocatedMap) -> LocatedMap:
    """`base` changed by `top`: maps key by key, everything else replaced as a whole."""
    merged = base.copy()
    for key, value in top.items():
        old = merged.get(key)
        if (
            isinstance(old, LocatedMap)
            and isinstance(value, LocatedMap)
            and not _other_kind(old, value)
        ):
            value = _laid_over(old, value)
        merged.put(key, value, top.key_places[key], top.places[key])
    return merged


def _other_kind(old: LocatedMap, new: LocatedMap) -> bool:
    """Whether both are components and of different kinds: `{sgd: ...}` and `{adam: ...}`."""
    if len(old) != 1 or len(new) != 1 or old.keys() == new.keys():
        return False
    (one,), (other,) = old, new
    return any(
        registry.knows(family, one) and registry.knows(family, other)
        for family in registry.families()
    )
