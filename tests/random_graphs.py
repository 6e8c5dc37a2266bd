"""Random networks as plain values of a spec, for tests of every backend.

A network has one to three inputs (vectors, small images, whole numbers for an embedding), layers
that read any earlier values, merges with and without broadcasting, groups in groups, shared layers,
and one to three outputs with losses. No row changes another, except in batch normalization. Biases
are random, since a zero is where kinks are. Every layer leads to an output.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from nnspec.backends.conformance import Case
from tests.random_layers import BIAS, Chains, Layers, Shape, kind_and_options, shape_of

CATEGORIES = 5  # of an input of whole numbers
DEPTH = 2  # of groups in groups

_MERGES = ("add", "multiply", "average", "maximum", "minimum", "subtract")


def random_network(seed: int) -> dict[str, Any]:
    """The spec of a random network: `network`, `loss`, `loss_weights`, `metrics`, `optimizer`."""
    return _Generator(Random(seed)).spec()  # noqa: S311


def random_case(seed: int) -> Case:
    """A random network with data, as a case of the conformance suite."""
    values = random_network(seed)
    words = values["network"].get("inputs", {})
    whole = {name: CATEGORIES for name, x in words.items() if x.get("dtype", "float32") == "int32"}
    return Case(f"random {seed}", **values, whole_numbers=whole)


class _Generator:
    """Adds layers that read earlier values, then outputs that read all that is left over."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.layers: Layers = []
        self.shapes: dict[str, Shape] = {}  # of the values that layers may read
        self.unread: list[str] = []
        self.reads: dict[str, Shape] = {}  # what a layer that can be shared reads
        self.chains = Chains(rng)

    def spec(self) -> dict[str, Any]:
        """The values of a spec."""
        inputs = self.inputs()
        steps = (
            self.unary,
            self.unary,
            self.unary,
            self.merge,
            self.merge,
            self.share,
            self.broadcast,
        )
        for _ in range(self.rng.randint(2, 7)):
            self.rng.choice(steps)()
        network = {**inputs, "layers": self.layers}
        return {"network": network, **self.outputs(network)}

    def inputs(self) -> dict[str, Any]:
        """Declare inputs, and read those of whole numbers by an embedding."""
        count = self.rng.randint(1, 3)
        if count == 1 and self.rng.random() < 0.5:
            self.give("input", self.input_shape())
            return {"input_shape": list(self.shapes["input"])}
        declared: dict[str, Any] = {}
        for number in range(count):
            name = f"x{number}"
            if self.rng.random() < 0.25:
                shape: Shape = (self.rng.randint(2, 3),)
                declared[name] = {"shape": list(shape), "dtype": "int32"}
                options = {"input_dim": CATEGORIES, "output_dim": self.rng.randint(2, 3)}
                self.add("embedding", options, (name,), (*shape, options["output_dim"]))
            else:
                self.give(name, self.input_shape())
                declared[name] = {"shape": list(self.shapes[name])}
        return {"inputs": declared}

    def input_shape(self) -> Shape:
        """The shape of a vector or of an image."""
        integer = self.rng.randint
        vector = self.rng.random() < 0.4
        return (integer(2, 5),) if vector else (integer(3, 4), integer(3, 4), integer(1, 3))

    def give(self, name: str, shape: Shape) -> None:
        """Enter a value that something must read."""
        self.shapes[name] = shape
        self.unread.append(name)

    def add(self, kind: str, options: Any, reads: Sequence[str], shape: Shape | None = None) -> str:
        """Add a layer with a name that reads values; returns its name."""
        name = f"{kind}-{len(self.layers)}"
        options = dict(options)
        if shape is None:
            shape = shape_of({kind: options}, *(self.shapes[value] for value in reads))
        self.layers.append({kind: {**options, "name": name, "inputs": list(reads)}})
        self.unread = [value for value in self.unread if value not in reads]
        self.give(name, shape)
        if len(reads) == 1 and reads[0] in self.shapes:
            self.reads[name] = self.shapes[reads[0]]
        return name

    def value(self) -> str:
        """Any value, more often one that nothing reads yet."""
        names = self.unread if self.rng.random() < 0.6 else list(self.shapes)
        return self.rng.choice(names)

    def unary(self) -> None:
        """A layer or a group that reads one value."""
        value = self.value()
        layer, shape = self.chains.item(self.shapes[value], DEPTH)
        kind, options = kind_and_options(layer)
        name = self.add(kind, options, (value,), shape)
        if kind == "sequential":
            self.name_inside(name, options["layers"], self.shapes[value])

    def name_inside(self, group: str, layers: Layers, shape: Shape) -> None:
        """Let other layers read the value of a group's first layer, `group.first`."""
        kind, options = kind_and_options(layers[0])
        if kind in ("sequential", "residual", "branches"):
            return
        layers[0] = {kind: {**options, "name": "first"}}
        self.shapes[f"{group}.first"] = shape_of({kind: options}, shape)

    def merge(self) -> None:
        """A layer that reads several values; if their shapes differ, they are made vectors."""
        value = self.value()
        equal = [other for other in self.shapes if self.shapes[other] == self.shapes[value]]
        others = [self.rng.choice(equal) for _ in range(self.rng.randint(1, 2))]
        if set(others) == {value} and len(self.shapes) > 1 and self.rng.random() < 0.8:
            self.join([value, self.value()])
            return
        different = [other for other in others if other != value]
        # Of equal values a difference is 0, and a maximum is a tie.
        kinds = (*_MERGES, "concatenate") if different else ("add", "multiply")
        kind = self.rng.choice(kinds)
        self.add(kind, {}, [value, *(different[:1] if kind == "subtract" else others)])

    def join(self, values: Sequence[str]) -> str:
        """Concatenate values, or multiply two of them, after each has become a vector."""
        vectors = [self.vector(value) for value in values]
        sizes = {self.shapes[vector] for vector in vectors}
        if len(vectors) == 2 and len(sizes) == 1 and self.rng.random() < 0.5:
            return self.add("dot", {"normalize": self.rng.random() < 0.5}, vectors)
        return self.add("concatenate", {}, vectors)

    def vector(self, value: str) -> str:
        """A value of one axis, made of any value."""
        shape = self.shapes[value]
        if len(shape) == 1:
            return value
        if len(shape) == 3 and self.rng.random() < 0.5:
            return self.add("global_average_pooling2d", {}, (value,))
        return self.add("flatten", {}, (value,))

    def broadcast(self) -> None:
        """Combine a value with a part of it whose axes have size 1, such as a gate of channels."""
        value = self.value()
        shape = self.shapes[value]
        if len(shape) == 3:
            kind = self.rng.choice(("global_average_pooling2d", "global_max_pooling2d"))
            part = self.add(kind, {"keepdims": True}, (value,))
        else:
            part = self.add("dense", {"units": 1, "bias_initializer": BIAS}, (value,))
        reads = [value, part]
        self.rng.shuffle(reads)
        self.add(self.rng.choice(_MERGES), {}, reads)

    def share(self) -> None:
        """The weights of an earlier layer or group on another value of the same shape."""
        if not self.reads:
            return self.unary()
        name = self.rng.choice(list(self.reads))
        fitting = [value for value, shape in self.shapes.items() if shape == self.reads[name]]
        self.add("shared", {"layer": name}, (self.rng.choice(fitting),), self.shapes[name])
        return None

    def outputs(self, network: dict[str, Any]) -> dict[str, Any]:
        """Add the outputs, which read all that nothing has read yet, with their losses."""
        ends = list(self.unread)
        self.rng.shuffle(ends)
        count = self.rng.randint(1, 3)
        parts = [ends[i::count] or [self.value()] for i in range(count)]
        heads = [self.head(part) for part in parts]
        losses = {name: loss for name, (loss, _) in heads}
        metrics = {name: list(metrics) for name, (_, metrics) in heads}
        network["outputs"] = list(losses)
        weights = {
            name: self.rng.choice((0.25, 0.5, 2.0)) for name in losses if self.rng.random() < 0.5
        }
        return {
            "loss": losses, "metrics": metrics,
            "optimizer": self.rng.choice(("sgd", "adam", {"sgd": {"momentum": 0.9}})),
            **({"loss_weights": weights} if weights else {}),
        }  # fmt: skip

    def head(self, ends: Sequence[str]) -> tuple[str, tuple[Any, tuple[str, ...]]]:
        """Add the layers of an output; its name, its loss and its metrics."""
        value = self.join(ends) if len(ends) > 1 else self.vector(ends[0])
        activation, loss, metrics = self.rng.choice(_HEADS)
        units = self.rng.randint(2, 4) if activation == "softmax" else self.rng.randint(1, 3)
        options = {"units": units, "activation": activation, "bias_initializer": BIAS}
        return self.add("dense", options, (value,)), (loss, metrics)


_HEADS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("linear", "mean_squared_error", ("half_squared_error",)),
    ("tanh", "half_squared_error", ()),
    ("softmax", "categorical_crossentropy", ("accuracy", "mean_squared_error")),
    ("softmax", {"categorical_crossentropy": {"label_smoothing": 0.1}}, ("accuracy",)),
    ("softmax", "sparse_categorical_crossentropy", ("accuracy",)),
    ("sigmoid", "binary_crossentropy", ("mean_squared_error",)),
)  # fmt: skip
