"""The layers of a network as lists of items: layers, and groups whose parts are such lists."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, groupby
from typing import Any

from nnspec.components.layers.base import Layer, LayerItem
from nnspec.graph.ir import Graph
from nnspec.graph.summary import LayerSummary, summarise
from nnspec.options.component import to_plain
from nnspec.options.types import Shape
from nnspec.spec.document import Spec

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class NetworkItem:
    """A layer, or a group with `parts`; `block` is what the innermost group around it is called.

    `title` is the name that the spec gives it. A sequence and the layers of a block are a group
    too; the times of a repetition are none, their layers stand in the list around it.
    """

    name: str
    kind: str
    block: str
    title: str | None
    options: Mapping[str, Any]
    shape: Shape = ()
    parameters: int = 0
    keeps_shape: bool = False  # its output has the shape of its first input
    parts: Mapping[str, Sequence[NetworkItem]] = field(default_factory=dict)
    layer: LayerItem | None = None  # what a layer is in the spec

    @property
    def is_group(self) -> bool:
        """Whether it holds other items."""
        return bool(self.parts)

    @property
    def is_sequence(self) -> bool:
        """Whether it is one list of items, so that it is the same as these."""
        return list(self.parts) == ["layers"]

    @cached_property
    def signature(self) -> str:
        """A text that is equal for items with the same kinds and options, sizes aside."""
        parts = {name: [item.signature for item in items] for name, items in self.parts.items()}
        return json.dumps([self.kind, self.title, to_plain(self.options), parts], sort_keys=True)

    @cached_property
    def contents(self) -> Counter[str]:
        """How often each kind of layer with its options is in a group."""
        return Counter(layer.signature for layer in self.layers())

    def layers(self) -> Iterator[NetworkItem]:
        """The layers in it, or itself."""
        if not self.is_group:
            yield self
        for items in self.parts.values():
            for item in items:
                yield from item.layers()


def network_items(spec: Spec, graph: Graph) -> list[NetworkItem]:
    """The items of a spec's network, of which `graph` is the resolved graph."""
    return list(_Items(graph).of(spec.network.layers, ("network", "layers"), ""))


class _Items:
    """Makes the items of lists of layers; their names and sizes are found by their paths."""

    def __init__(self, graph: Graph) -> None:
        rows = {row.name: row for row in summarise(graph).rows}
        self.shapes = {name: spec.shape for name, spec in graph.inputs.items()}
        self.shapes |= {name: row.output_shape for name, row in rows.items()}
        self.names = {scope.path: name for name, scope in graph.scopes.items()}
        self.rows: dict[Path, list[LayerSummary]] = {}
        for origin, nodes in groupby(graph.nodes, lambda node: node.origin):
            self.rows.setdefault(next(nodes).path, []).append(rows[origin])

    def of(self, layers: Sequence[LayerItem], path: Path, block: str) -> Iterator[NetworkItem]:
        """The items of a list of layers; `block` is what the list stands in."""
        for number, layer in enumerate(layers):
            yield from self.item(layer, (*path, number), block)

    def item(self, layer: LayerItem, path: Path, block: str) -> Iterator[NetworkItem]:
        """The item that a layer is; several for a repetition, or a group that is used again."""
        lists = dict(_lists(layer))
        name = layer.name or layer.default_name
        if not lists and isinstance(layer, Layer):
            yield from (self.layer(row, block, layer) for row in self.rows.get(path, ()))
        elif not lists:
            yield self.shared(layer, path, block)
        elif layer.kind == "sequential" and (name == "repeat" or name.isdigit()):
            yield from self.of(lists["layers"], (*path, layer.kind, "layers"), block)
        else:
            yield self.group(layer, lists, path, block)

    def group(
        self, group: LayerItem, lists: Mapping[str, Sequence[LayerItem]], path: Path, block: str
    ) -> NetworkItem:
        """The item of a group."""
        called = group.name or group.default_name
        parts = {
            name: list(self.of(layers, (*path, group.kind, *_steps(name)), called))
            for name, layers in lists.items()
        }
        merge = getattr(group, "merge", None)
        if merge is not None:
            parts["merge"] = list(self.merging(merge, (*path, group.kind, "merge"), path, called))
        layers = [layer for items in parts.values() for item in items for layer in item.layers()]
        return NetworkItem(
            name=_dotted(self.names[path]),
            kind=group.default_name,
            block=block,
            title=group.name,
            options={"inputs": group.inputs} if group.inputs else {},
            shape=layers[-1].shape,
            parameters=sum(layer.parameters for layer in layers),
            parts=parts,
        )

    def shared(self, layer: LayerItem, path: Path, block: str) -> NetworkItem:
        """The item of a layer or group that is used again: its rows have paths through `path`."""
        inside = [rows for place, rows in self.rows.items() if place[: len(path)] == path]
        rows = list(chain.from_iterable(inside))
        if len(rows) == 1 and path in self.rows:
            return self.layer(rows[0], block, layer)
        layers = [self.layer(row, layer.kind, None) for row in rows]
        return NetworkItem(
            name=_dotted(self.names.get(path, layer.name or layer.kind)),
            kind=layer.kind,
            block=block,
            title=layer.name,
            options=_options(layer),
            shape=layers[-1].shape,
            parts={"layers": layers},
        )

    def merging(
        self, merge: LayerItem, path: Path, group: Path, block: str
    ) -> Iterator[NetworkItem]:
        """The layer that merges the values of a group; one that is not written has its path."""
        for row in [*self.rows.get(path, ()), *self.rows.get(group, ())]:
            yield self.layer(row, block, merge)

    def layer(self, row: LayerSummary, block: str, layer: LayerItem | None) -> NetworkItem:
        """The item of a layer, with the options that it has in the spec."""
        shared = {"weights of": _dotted(row.shared_with)} if row.shared_with else {}
        return NetworkItem(
            name=_dotted(row.name),
            kind=row.kind,
            block=block,
            title=layer.name if layer else None,
            options={**(_options(layer) if layer else {}), **shared},
            shape=row.output_shape,
            parameters=row.parameters,
            keeps_shape=self.shapes.get(row.inputs[0]) == row.output_shape,
            layer=layer,
        )


def _lists(layer: LayerItem) -> Iterator[tuple[str, Sequence[LayerItem]]]:
    """The lists of layers in a group, by their names: `layers`, `shortcut`, `paths.0`, ..."""
    for name, value in layer.options().items():
        if not isinstance(value, tuple) or (not value and name != "shortcut"):
            continue
        if all(isinstance(item, LayerItem) for item in value):
            yield name, value
        elif all(isinstance(item, tuple) for item in value) and name == "paths":
            yield from ((f"{name}.{number}", path) for number, path in enumerate(value))


def _steps(name: str) -> Path:
    """The steps of a path to a list of layers."""
    first, _, number = name.partition(".")
    return (first, int(number)) if number else (first,)


def _options(layer: LayerItem) -> dict[str, Any]:
    """The options of a layer but its name; padding by zero rows is none."""
    found = {
        name: value
        for name, value in layer.options().items()
        if name != "name" and value is not None
    }
    if "padding" in found and not _has_rows(found["padding"]):
        found["padding"] = "valid"
    return found


def _has_rows(padding: Any) -> bool:
    """Whether padding is a word, or numbers of which one is not 0."""
    return any(map(_has_rows, padding)) if isinstance(padding, tuple) else padding != 0


def _dotted(name: str) -> str:
    return name.replace("/", ".")
