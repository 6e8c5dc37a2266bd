"""Cases of layers: each example of each layer, alone or many in one network."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

from nnspec.backends.conformance.case import Case
from nnspec.components.layers.base import Example, Layer
from nnspec.options import registry

# A PReLU with a slope per input precedes the layer, so that the layer's input gradient is tested.
RANDOM_PRELU = {"alpha_initializer": {"random_uniform": {"minval": 0.2, "maxval": 0.9}}}
_MANY = 30  # layers of a joined case


class _LayerNetwork(NamedTuple):
    """A layer on inputs of its own, as plain values of a spec's network."""

    inputs: dict[str, Any]
    layers: list[Any]
    whole_numbers: dict[str, int]


def layer_cases() -> Iterator[Case]:
    """A case for each example of a layer."""
    for kind, number, example in _examples():
        made = _layer_network("", kind, example)
        network = {"inputs": made.inputs, "layers": made.layers}
        yield Case(f"layer {kind} {number}", network, whole_numbers=made.whole_numbers)


def joined_layer_cases() -> Iterator[Case]:
    """The examples of all layers, many in one network: each has inputs and an output of its own.

    For backends that compile a network: this takes them longer than to compute it.
    """
    examples = _examples()
    while some := list(islice(examples, _MANY)):
        named = {f"{kind}_{number}_": (kind, example) for kind, number, example in some}
        made = [_layer_network(prefix, *of) for prefix, of in named.items()]
        network = {
            "inputs": {name: x for one in made for name, x in one.inputs.items()},
            "layers": [layer for one in made for layer in one.layers],
            "outputs": [f"{prefix}y" for prefix in named],
        }
        losses = dict.fromkeys(network["outputs"], "half_squared_error")
        numbers = {name: n for one in made for name, n in one.whole_numbers.items()}
        first, last = some[0], some[-1]
        title = f"layers {first[0]} {first[1]} to {last[0]} {last[1]}"
        yield Case(title, network, losses, whole_numbers=numbers)


def _examples() -> Iterator[tuple[str, int, Example]]:
    """Kind, number and example of every layer."""
    for cls in registry.classes("layer"):
        if issubclass(cls, Layer):
            for number, example in enumerate(cls.examples):
                yield cls.kind, number, example


def _layer_network(prefix: str, kind: str, example: Example) -> _LayerNetwork:
    """A layer on its inputs, of which each that has floats goes through a PReLU first."""
    inputs = {f"{prefix}x{i}": x for i, x in enumerate(example.inputs)}
    prelus = [
        {"prelu": {**RANDOM_PRELU, "name": f"{name}_prelu", "inputs": name}}
        for name, x in inputs.items()
        if x.is_float
    ]
    reads = [f"{name}_prelu" if x.is_float else name for name, x in inputs.items()]
    layer = {kind: {**example.options, "name": f"{prefix}y", "inputs": reads}}
    # An example that reads whole numbers says how many there are.
    count = example.options.get("input_dim")
    return _LayerNetwork(
        {name: {"shape": list(x.shape), "dtype": x.dtype} for name, x in inputs.items()},
        [*prelus, layer],
        {name: count for name in inputs if isinstance(count, int)},
    )
