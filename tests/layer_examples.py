"""The examples of every layer, and networks of one example."""

from __future__ import annotations

from typing import Any

from nnspec.components.layers.base import Example, Layer
from nnspec.options import registry
from nnspec.options.component import Component

LAYERS = [cls for cls in registry.classes("layer") if issubclass(cls, Layer)]
EXAMPLES = [(cls, example) for cls in LAYERS for example in cls.examples]
IDS = [f"{cls.kind}-{number}" for cls in LAYERS for number, _ in enumerate(cls.examples)]


def network(cls: type[Component], example: Example) -> dict[str, Any]:
    """The network section with the layer of an example on inputs `x0`, `x1`, ..."""
    inputs = {
        f"x{number}": {"shape": list(spec.shape), "dtype": spec.dtype}
        for number, spec in enumerate(example.inputs)
    }
    return {"inputs": inputs, "layers": [{cls.kind: example.options}]}
