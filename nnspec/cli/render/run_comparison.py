"""Text of a comparison of runs: their figures, their values, and what differs in the layers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nnspec.cli.render.spec_differences import dotted, layer_lines
from nnspec.cli.render.tables import aligned, number
from nnspec.errors import visible
from nnspec.graph.differences.spec_differences import SpecDifferences
from nnspec.spec.document import Spec
from nnspec.spec.value_changes import Path, ValueChange, short_text, value_at

_WIDTH = 28  # characters of a value
_LEFT_OUT = ("name", "run", "started")  # of the figures: they are the labels, or no result


def comparison_text(
    figures: Mapping[str, Mapping[str, Any]],
    specs: Mapping[str, Spec],
    found: Mapping[str, SpecDifferences],
    *,
    with_all: bool,
) -> str:
    """A column for each run: its figures, then the values of its spec that differ.

    `found` has the differences between the first run and each other one; below the table are those
    in their layers.
    """
    first, *_ = figures
    rows = [["", *map(visible, figures)], *_figure_rows(figures), *_value_rows(specs, found)]
    layers = (
        f"layers of {visible(label)}, compared with {visible(first)}\n"
        + layer_lines(one.layers, with_all=with_all)
        for label, one in found.items()
        if one.layers
    )
    same = [] if any(found.values()) else ["the specs do not differ"]
    return "\n\n".join([aligned(rows), *layers, *same])


def _figure_rows(figures: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    for name in dict.fromkeys(name for one in figures.values() for name in one):
        if name not in _LEFT_OUT:
            yield [name, *(_figure(one.get(name)) for one in figures.values())]


def _figure(value: Any) -> str:
    if value is None:
        return ""
    return number(value) if isinstance(value, int | float) else visible(str(value))


def _value_rows(
    specs: Mapping[str, Spec], found: Mapping[str, SpecDifferences]
) -> Iterator[list[str]]:
    """A row for each value of the specs that differs between two runs."""
    changes = {label: {one.path: one for one in each.values} for label, each in found.items()}
    for path in _outermost(path for one in changes.values() for path in one):
        first = next(one[path].old for one in changes.values() if path in one)
        values = (
            _value(spec, path, changes.get(label, {}), first) for label, spec in specs.items()
        )
        yield [dotted(path), *(_shortened(short_text(value)) for value in values)]


def _outermost(paths: Iterable[Path]) -> list[Path]:
    """The paths without those that lie within another one of them."""
    known = dict.fromkeys(paths)
    return [path for path in known if not any(path[:end] in known for end in range(len(path)))]


def _value(spec: Spec, path: Path, changes: Mapping[Path, ValueChange], first: Any) -> Any:
    """The value at a path of a spec, which has `changes` from a spec whose value is `first`."""
    if path in changes:
        return changes[path].new
    is_within = any(inner[: len(path)] == path for inner in changes)
    return value_at(spec, path) if is_within else first


def _shortened(text: str) -> str:
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
