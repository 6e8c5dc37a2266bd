"""The gallery: complete specs, from which `nnspec init` starts a new one."""

from __future__ import annotations

import re
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, NamedTuple

_VARIANT = re.compile(r"^  variant: .*$", re.MULTILINE)


class Network(NamedTuple):
    """A published network: its page, what its `variant` is where it is one of several, the source.

    The comment on top of a page has the source, and in its last line what the network is.
    """

    page: Traversable
    variant: str | None
    source: str
    about: str

    @property
    def overrides(self) -> list[str]:
        """The overrides that make it of its page."""
        return [f"vars.variant={self.variant}"] if self.variant else []

    def text(self) -> str:
        """The page, with this variant for its own."""
        text = self.page.read_text(encoding="utf-8")
        return _VARIANT.sub(f"  variant: {self.variant}", text, 1) if self.variant else text


def specs() -> dict[str, Traversable]:
    """Each spec that trains as it is, by its file's name without the suffix."""
    return _files(_folder())


def networks() -> dict[str, Network]:
    """Each published network, by its file's name or that of its variant."""
    found = [one for name, page in _files(_folder() / "gallery").items() for one in _of(name, page)]
    return dict(found)


def names() -> list[str]:
    """The names of all specs and networks."""
    return [*specs(), *networks()]


def find(name: str) -> tuple[Path, tuple[str, ...]] | None:
    """The file of a spec or a network, and the overrides that make it of its page."""
    if name in (known := specs()):
        return Path(str(known[name])), ()
    network = networks().get(name)
    return network and (Path(str(network.page)), tuple(network.overrides))


def text_of(name: str) -> str | None:
    """The text of a spec or a network; None where there is none of this name."""
    if name in (known := specs()):
        return known[name].read_text(encoding="utf-8")
    network = networks().get(name)
    return network and network.text()


def _of(name: str, page: Traversable) -> list[tuple[str, Network]]:
    """The networks of a page with their names."""
    text = page.read_text(encoding="utf-8")
    lines = [line[2:] for line in text.partition("\nname:")[0].splitlines() if line[:2] == "# "]
    source, about = " ".join(lines[:-1]), lines[-1]
    variants = _variants(text)
    if not variants:
        return [(name, Network(page, None, source, about))]
    return [(variant, Network(page, variant, source, about)) for variant in variants]


def _variants(text: str) -> list[str]:
    """The keys of the variable that says what differs: `variants`, or `parameters` alone."""
    from nnspec.errors import Document
    from nnspec.language.reader import parse

    if not _VARIANT.search(text):
        return []
    values: Any = parse(Document("gallery", text))
    return [*values["vars"].get("variants", values["vars"].get("parameters"))]


def _files(folder: Traversable) -> dict[str, Traversable]:
    found = (one for one in folder.iterdir() if one.name.endswith(".yaml"))
    return {one.name.removesuffix(".yaml"): one for one in sorted(found, key=lambda one: one.name)}


def _folder() -> Traversable:
    """`specs` within the installed package; in a checkout, where it stands beside it, that one."""
    packaged = resources.files("nnspec") / "specs"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "specs"
