"""Checks that patterns of layer names, as `train.freeze` has them, match layers with weights."""

from __future__ import annotations

from collections.abc import Iterable

from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.graph.ir import Graph, Path
from nnspec.spec.document import Spec
from nnspec.spec.layer_patterns import layer_paths, matches


def check_freeze(spec: Spec, graph: Graph) -> None:
    """Raise SpecError where a pattern of `train.freeze` names no weights that it freezes."""
    layers = {n.name: n for n in graph.nodes if n.weights and not n.is_shared}
    for index, pattern in enumerate(spec.train.freeze or ()):
        path = "train", "freeze", index
        check_pattern(spec, pattern, layers, path)
        for name, node in layers.items():
            if matches(pattern, name) and any(w.trainable for w in node.weights.values()):
                message = f"the weights of {node.kind} are trained in any case"
                raise SpecError(Problem(message, spec.locate(*path), "name other layers"))


def check_pattern(spec: Spec, pattern: str, layers: Iterable[str], path: Path) -> None:
    """Raise SpecError, at a path of the spec, where a pattern is none of layers with weights."""
    layers = list(layers)
    if any(matches(pattern, layer) for layer in layers):
        return
    known = dict.fromkeys(path for layer in layers for path in layer_paths(layer))
    message = f"no layer with weights is {quoted(pattern)}"
    raise SpecError(
        Problem(message, spec.locate(*path), lambda: did_you_mean(pattern, list(known)))
    )
