"""The graph that the configuration of a Keras model describes, read as data."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from nnspec.weight_import.layer_order import path_of, path_text
from nnspec.weight_import.source import SourceLayer
from nnspec.weight_import.structure import Operation

_WORDS = (re.compile("(.)([A-Z][a-z]+)"), re.compile("([a-z])([A-Z])"))  # as Keras finds them


def config_operations(text: str | bytes, layers: Sequence[SourceLayer]) -> tuple[Operation, ...]:
    """The layers of a model with the weights that a file has for them, in topological order.

    Empty where the configuration has no graph of layers that are each used once.
    """
    try:
        by_path = {path_text(layer.path): layer for layer in layers}
        found = tuple(_operations(json.loads(text), by_path))
        names = [one.name for one in found if one.weights]
        return found if sorted(names) == sorted(path_text(one.path) for one in layers) else ()
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError):
        return ()


def with_config_places(text: str | bytes, layers: Sequence[SourceLayer]) -> list[SourceLayer]:
    """Layers of a file that has their names alone, with the kinds and places of a configuration.

    As they are where the configuration does not name each of them once.
    """
    try:
        named = list(_named_places(json.loads(text), ""))
        places = dict(named)
        if len(places) < len(named):
            return list(layers)
        return [_placed(layer, places[layer.name]) for layer in layers]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return list(layers)


def _named_places(config: Any, prefix: str) -> Iterator[tuple[str, str]]:
    """The path of each layer by its name, those of models within the model too."""
    items = config["config"]["layers"]
    for item, path in zip(items, _places(items), strict=True):
        if "layers" in item["config"]:
            yield from _named_places(item, f"{prefix}{path}/")
        else:
            yield item["config"]["name"], f"{prefix}{path}"


def _placed(layer: SourceLayer, path: str) -> SourceLayer:
    parts = path_of(path)
    return layer._replace(kind=parts[-1].stem.replace("_", ""), path=parts)


def _operations(config: Any, layers: Mapping[str, SourceLayer]) -> Iterator[Operation]:
    """The operations of a functional or sequential model."""
    items = config["config"]["layers"]
    places = list(_places(items))
    if config["class_name"] == "Sequential":
        yield Operation("input", "input", (), (), ())
        yield from _chain(items, places, "input", "", layers)
        return
    last: dict[str, str] = {}  # the last layer within a layer
    for item, path in zip(items, places, strict=True):
        name = item["config"]["name"]
        (node,) = item["inbound_nodes"] or [{}]
        read = tuple(last[one] for one in _producers(node))
        if item["class_name"] == "Sequential":
            inner = item["config"]["layers"]
            chain = [*_chain(inner, list(_places(inner)), read[0], f"{path}/", layers)]
            yield from chain
            last[name] = chain[-1].name
        else:
            yield _operation(item, path, read, layers)
            last[name] = path


def _chain(
    items: Sequence[Any], places: Sequence[str], read: str, prefix: str,
    layers: Mapping[str, SourceLayer],
) -> Iterator[Operation]:  # fmt: skip
    """The layers of a sequential model, each of which reads the one before it."""
    for item, path in zip(items, places, strict=True):
        if item["class_name"] == "InputLayer":
            continue
        one = _operation(item, f"{prefix}{path}", (read,), layers)
        yield one
        read = one.name


def _operation(
    item: Any, path: str, read: tuple[str, ...], layers: Mapping[str, SourceLayer]
) -> Operation:
    """A layer; it is called by its path, as the layers of the file are."""
    if "layers" in item["config"]:
        raise ValueError("a model that is no chain")
    weights = layers[path].weights.values() if path in layers else ()
    kind = "input" if not read else item["class_name"].lower()
    return Operation(path, kind, read, (), tuple(weight.shape for weight in weights))


def _places(items: Sequence[Any]) -> Iterator[str]:
    """What the groups of layers are called in a file: their classes, counted."""
    counts: Counter[str] = Counter()
    for item in items:
        stem = _snake_case(item["class_name"])
        yield f"{stem}_{counts[stem]}" if counts[stem] else stem
        counts[stem] += 1


def _snake_case(name: str) -> str:
    name = re.sub(r"\W+", "", name)
    for words in _WORDS:
        name = words.sub(r"\1_\2", name)
    return name.lower()


def _producers(value: Any) -> Iterator[str]:
    """The layers whose outputs stand in the arguments of a call, in their order."""
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            yield value["config"]["keras_history"][0]
            return
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _producers(one)
