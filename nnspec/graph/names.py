"""Names of layers: as given in the spec, or generated from the kind as in Keras."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Mapping

from nnspec.components.layers.base import Layer
from nnspec.errors import Problem, SpecError, quoted
from nnspec.graph.ir import INPUT
from nnspec.spec.document import Spec


def layer_names(spec: Spec) -> list[str]:
    """The name of each layer: the given one, or `dense`, `dense_1`, `dense_2`, as in Keras."""
    layers = spec.network.layers
    first: dict[str | None, int] = {}  # given name -> first layer with it
    for index, layer in enumerate(layers):
        first.setdefault(layer.name, index)
    problems = [_name_problem(spec, index, layer, first) for index, layer in enumerate(layers)]
    if any(problems):
        raise SpecError(filter(None, problems))
    counts: Counter[str] = Counter()
    return [layer.name or _generate_name(layer.kind, counts, first) for layer in layers]


def _generate_name(kind: str, counts: Counter[str], given: Container[str | None]) -> str:
    """The next name of a kind that is not given to another layer."""
    while True:
        name = f"{kind}_{counts[kind]}" if counts[kind] else kind
        counts[kind] += 1
        if name not in given:
            return name


def _name_problem(
    spec: Spec, index: int, layer: Layer, first: Mapping[str | None, int]
) -> Problem | None:
    """A problem if a given name is invalid or taken."""
    name = layer.name
    if name is None:
        return None
    where = spec.locate("network", "layers", index, layer.kind, "name")
    if not name.replace("-", "_").isidentifier() or name == INPUT:
        return Problem(f"{quoted(name)} is no layer name", where, "use letters, digits, - and _")
    if first[name] != index:
        return Problem(f"{quoted(name)} is taken", where, "each name once")
    return None
