"""Differences between two specs: the layers of their networks, then the other sections."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from nnspec.graph.differences.layer_changes import LayerChange, layer_changes
from nnspec.graph.differences.network_items import network_items
from nnspec.graph.ir import Graph
from nnspec.spec.document import Spec
from nnspec.spec.value_changes import ValueChange, mapping_changes, value_changes

_SECTIONS = [name for name in Spec.model_fields if name not in ("name", "network")]


class ComparedNetwork(NamedTuple):
    """A spec and its resolved graph."""

    spec: Spec
    graph: Graph


class SpecDifferences(NamedTuple):
    """What differs in the layers, and the options that differ elsewhere, by their paths."""

    layers: list[LayerChange]
    values: list[ValueChange]

    def __bool__(self) -> bool:
        return bool(self.layers or self.values)


def spec_differences(old: ComparedNetwork, new: ComparedNetwork) -> SpecDifferences:
    """The differences between two specs with all defaults written out; their names aside."""
    layers = layer_changes(network_items(*old), network_items(*new))
    return SpecDifferences(layers, [*_network_values(old, new), *_section_values(old, new)])


def _network_values(old: ComparedNetwork, new: ComparedNetwork) -> Iterator[ValueChange]:
    """The inputs of the networks, and the outputs that they name."""
    yield from mapping_changes(_inputs(old.graph), _inputs(new.graph), ("network", "inputs"))
    outputs = old.spec.network.outputs, new.spec.network.outputs
    yield from value_changes(*outputs, path=("network", "outputs"))


def _inputs(graph: Graph) -> dict[str, Any]:
    return {
        name: {"shape": [int(size) for size in spec.shape], "dtype": spec.dtype}  # of NumPy's too
        for name, spec in graph.inputs.items()
    }


def _section_values(old: ComparedNetwork, new: ComparedNetwork) -> Iterator[ValueChange]:
    for name in _SECTIONS:
        yield from value_changes(getattr(old.spec, name), getattr(new.spec, name), (name,))
