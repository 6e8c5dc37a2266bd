"""Mutually exclusive options: writing one in a document takes the other one out."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.language.located import LocatedMap

_SECTION, _OTHER = "train", {"epochs": "steps", "steps": "epochs"}


def without_excluded(root: LocatedMap, names: Sequence[str]) -> LocatedMap:
    """`root` without what an option at a path takes the place of, as `train.steps` of the epochs.

    `root` is changed in no case.
    """
    if len(names) != 2 or names[0] != _SECTION or names[1] not in _OTHER:
        return root
    section, other = root.get(_SECTION), _OTHER[names[1]]
    if not isinstance(section, LocatedMap) or other not in section:
        return root
    changed, inner = root.copy(), section.copy()
    del inner[other], inner.key_places[other], inner.places[other]
    changed[_SECTION] = inner
    return changed


def without_all_excluded(base: LocatedMap, top: LocatedMap) -> LocatedMap:
    """`base` without what the options of `top`, which is laid over it, take the place of."""
    section = top.get(_SECTION)
    written = section.items() if isinstance(section, LocatedMap) else ()
    for name, value in written:
        base = base if value is None else without_excluded(base, [_SECTION, name])
    return base
