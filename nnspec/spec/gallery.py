"""The gallery: complete specs, from which `nnspec init` starts a new one."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path


def specs() -> dict[str, Traversable]:
    """Each spec of the gallery, by its file's name without the suffix."""
    found = (one for one in _folder().iterdir() if one.name.endswith(".yaml"))
    return {one.name.removesuffix(".yaml"): one for one in sorted(found, key=lambda one: one.name)}


def _folder() -> Traversable:
    """`specs` within the installed package; in a checkout, where it stands beside it, that one."""
    packaged = resources.files("nnspec") / "specs"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "specs"
