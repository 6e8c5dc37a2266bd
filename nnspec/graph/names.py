"""Names of layers: the written ones, or kinds numbered as in Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping

from nnspec.components.layers.base import Layer
from nnspec.errors import Problem, SpecError, quoted
from nnspec.graph.ir import INPUT
from nnspec.spec.document import Spec


def layer_names(spec: Spec) -> list[str]:
    """Each layer's own name, or its kind, numbered from the second on as in Keras."""
    layers = spec.network.layers
    first: dict[str | None, int] = {}  # where each name is given first
    for index, layer in enumerate(layers):
        first.setdefault(layer.name, index)
    problems = [_name_problem(spec, index, layer, first) for index, layer in enumerate(layers)]
    if any(problems):
        raise SpecError(filter(None, problems))
    seen: Counter[str] = Counter()
    return [layer.name or _automatic(layer.kind, seen, first) for layer in layers]


def _automatic(kind: str, seen: Counter[str], given: Container[str | None]) -> str:
    while True:
        name = f"{kind}_{seen[kind]}" if seen[kind] else kind
        seen[kind] += 1
        if name not in given:
            return name


def _name_problem(
    spec: Spec, index: int, layer: Layer, first: Mapping[str | None, int]
) -> Problem | None:
    """What is wrong with the name that a layer is given, if anything is."""
    name = layer.name
    if name is None:
        return None
    where = spec.locate("network", "layers", index, layer.kind, "name")
    if not name.replace("-", "_").isidentifier() or name == INPUT:
        return Problem(f"{quoted(name)} is no layer name", where, "use letters, digits, - and _")
    if first[name] != index:
        return Problem(f"{quoted(name)} is taken", where, "each name once")
    return None
