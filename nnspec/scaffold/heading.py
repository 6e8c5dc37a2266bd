"""The first lines of a spec that `nnspec init` writes."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.language.writer import dump_flow
from nnspec.scaffold.spec_name import spec_name
from nnspec.scaffold.yaml_lines import YamlLine


def heading(file: str, size: str, name: str) -> Iterator[YamlLine]:
    """What the spec was made from and how large that is, and the spec's name."""
    yield YamlLine("", f"Made by `nnspec init` from {file}: {size}. Each line may be changed.")
    yield YamlLine(f"name: {dump_flow(spec_name(name))}")
    yield YamlLine("")
