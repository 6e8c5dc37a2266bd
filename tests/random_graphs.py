"""Random networks as plain values of a spec, for tests of every backend.

A network has one to three inputs (vectors, small images, whole numbers for an embedding), layers
that read any earlier values, merges with and without broadcasting, groups in groups, shared layers,
and one to three outputs with losses. No row changes another, except in batch normalization. Biases
are random, since a zero is where kinks are. Every layer leads to an output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from random import Random
from typing import Any

from nnspec.backends.conformance import Case
from nnspec.options.validation import read_component

Shape = tuple[int, ...]
Layers = list[Any]

CATEGORIES = 5  # of an input of whole numbers
MAX_SIZE = 40  # of a value, before it is reduced
DEPTH = 2  # of groups in groups

_BIAS = {"random_uniform": {"minval": -0.5, "maxval": 0.5}}
_SLOPE = {"random_uniform": {"minval": 0.1, "maxval": 0.6}}
_SMOOTH = ("tanh", "sigmoid", "gelu", "silu", "softmax", {"gelu": {"approximate": True}})
_KINKED = ("relu", "leaky_relu", {"prelu": {"alpha_initializer": _SLOPE}})
_MERGES = ("add", "multiply", "average", "maximum", "minimum", "subtract")


def random_network(seed: int) -> dict[str, Any]:
    """The spec of a random network: `network`, `loss`, `loss_weights`, `metrics`, `optimizer`."""
    return _Generator(Random(seed)).spec()


def random_case(seed: int) -> Case:
    """A random network with data, as a case of the conformance suite."""
    values = random_network(seed)
    words = values["network"].get("inputs", {})
    whole = {name: CATEGORIES for name, x in words.items() if x.get("dtype", "float32") == "int32"}
    return Case(f"random {seed}", **values, whole_numbers=whole)


def shape_of(layer: Any, *inputs: Shape) -> Shape:
    """The shape of a layer's value."""
    return tuple(read_component("layer", layer).output_shape(*inputs))  # type: ignore[attr-defined]


class _Generator:
    """Adds layers that read earlier values, then outputs that read all that is left over."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.layers: Layers = []
        self.shapes: dict[str, Shape] = {}  # of the values that layers may read
        self.unread: list[str] = []
        self.reads: dict[str, Shape] = {}  # what a layer that can be shared reads
        self.chains = _Chains(rng)

    def spec(self) -> dict[str, Any]:
        """The values of a spec."""
        inputs = self.inputs()
        steps = (self.unary, self.unary, self.unary, self.merge, self.merge, self.share, self.broadcast)
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
        kind, options = _split(layer)
        name = self.add(kind, options, (value,), shape)
        if kind == "sequential":
            self.name_inside(name, options["layers"], self.shapes[value])

    def name_inside(self, group: str, layers: Layers, shape: Shape) -> None:
        """Let other layers read the value of a group's first layer, `group.first`."""
        kind, options = _split(layers[0])
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
        kind = self.rng.choice((*_MERGES, "concatenate"))
        self.add(kind, {}, (value, others[0]) if kind == "subtract" else (value, *others))

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
            part = self.add("dense", {"units": 1, "bias_initializer": _BIAS}, (value,))
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
        weights = {name: self.rng.choice((0.25, 0.5, 2.0)) for name in losses if self.rng.random() < 0.5}
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
        options = {"units": units, "activation": activation, "bias_initializer": _BIAS}
        return self.add("dense", options, (value,)), (loss, metrics)


_HEADS: tuple[tuple[str, Any, tuple[str, ...]], ...] = (
    ("linear", "mean_squared_error", ("half_squared_error",)),
    ("tanh", "half_squared_error", ()),
    ("softmax", "categorical_crossentropy", ("accuracy", "mean_squared_error")),
    ("softmax", {"categorical_crossentropy": {"label_smoothing": 0.1}}, ("accuracy",)),
    ("softmax", "sparse_categorical_crossentropy", ("accuracy",)),
    ("sigmoid", "binary_crossentropy", ("mean_squared_error",)),
)  # fmt: skip


class _Chains:
    """Layers and groups without names that read one value."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng

    def chain(self, shape: Shape, depth: int) -> tuple[Layers, Shape]:
        """A few items one after the other, and the shape of their value."""
        layers: Layers = []
        for _ in range(self.rng.randint(2, 3)):
            layer, shape = self.item(shape, depth)
            layers.append(layer)
        return layers, shape

    def item(self, shape: Shape, depth: int) -> tuple[Any, Shape]:
        """A layer or a group, and the shape of its value."""
        if depth and self.rng.random() < 0.35:
            groups = (self.sequential, self.residual, self.branches)
            return self.rng.choice(groups)(shape, depth - 1)
        layer = self.layer(shape)
        return layer, shape_of(layer, shape)

    def sequential(self, shape: Shape, depth: int) -> tuple[Any, Shape]:
        """Items as a group."""
        layers, shape = self.chain(shape, depth)
        return {"sequential": {"layers": layers}}, shape

    def residual(self, shape: Shape, depth: int) -> tuple[Any, Shape]:
        """Layers beside their input, or beside a layer that gives it their number of channels."""
        channels = shape[-1] if self.rng.random() < 0.5 else self.rng.randint(1, 4)
        layers = [self.keeping(shape), self.affine(shape, channels)]
        options: dict[str, Any] = {"layers": layers}
        if channels != shape[-1]:
            options["shortcut"] = [self.affine(shape, channels)]
        if self.rng.random() < 0.4:
            options["merge"] = self.rng.choice(("multiply", "average", "maximum", "concatenate"))
        merge = options.get("merge", "add")
        value = (*shape[:-1], channels)
        return {"residual": options}, shape_of(merge, value, value)

    def branches(self, shape: Shape, depth: int) -> tuple[Any, Shape]:
        """Two or three lists of layers, of which one may be empty."""
        merge = self.rng.choice(("concatenate", "add", "multiply"))
        sizes = [self.rng.randint(1, 3)] * 3
        if merge == "concatenate":
            sizes = [self.rng.randint(1, 3) for _ in range(3)]
        paths: list[Layers] = [
            [self.keeping(shape), self.affine(shape, size)]
            for size in sizes[: self.rng.randint(2, 3)]
        ]
        if merge == "concatenate" and self.rng.random() < 0.5:
            paths[0], sizes[0] = [], shape[-1]
        values = [(*shape[:-1], size) for size in sizes[: len(paths)]]
        return {"branches": {"paths": paths, "merge": merge}}, shape_of(merge, *values)

    def layer(self, shape: Shape) -> Any:
        """A layer that fits a shape."""
        choices: list[Callable[[Shape], Any]] = [self.keeping, self.keeping]
        if len(shape) == 3:
            choices = [self.keeping, self.convolution, self.convolution, self.pooling, self.image]
        if len(shape) == 2:
            choices += [lambda _: {"permute": {"dims": [2, 1]}}, lambda _: "flatten"]
        if prod(shape) > MAX_SIZE:
            choices = [self.reducing]
        choices.append(lambda x: self.affine(x, self.rng.randint(1, 4)))
        return self.rng.choice(choices)(shape)

    def keeping(self, shape: Shape) -> Any:
        """A layer that keeps the shape."""
        choices: list[Any] = [
            self.rng.choice(_SMOOTH), self.rng.choice(_SMOOTH), self.rng.choice(_KINKED),
            "batch_normalization", {"batch_normalization": {"momentum": 0.8, "scale": False}},
            "layer_normalization", {"layer_normalization": {"axis": list(range(1, len(shape) + 1))}},
            {"dropout": {"rate": 0.25}}, {"gaussian_noise": {"stddev": 0.1}}, "linear",
        ]  # fmt: skip
        if len(shape) == 3:
            choices.append({"spatial_dropout2d": {"rate": 0.3}})
        return self.rng.choice(choices)

    def affine(self, shape: Shape, channels: int) -> Any:
        """A layer with weights that changes the last axis alone."""
        activation = self.rng.choice(("linear", "tanh", "sigmoid", "silu"))
        common: dict[str, Any] = {"activation": activation, "bias_initializer": _BIAS}
        if self.rng.random() < 0.2:
            common["kernel_regularizer"] = {"l2": 0.01}
        if len(shape) == 3 and self.rng.random() < 0.7:
            size = self.rng.randint(1, 3)
            return {"conv2d": {"filters": channels, "kernel_size": size, "padding": "same", **common}}
        return {"dense": {"units": channels, **common}}

    def convolution(self, shape: Shape) -> Any:
        """A convolution that may change all axes."""
        size = self.rng.randint(1, min(3, *shape[:2]))
        groups = shape[-1] if self.rng.random() < 0.3 else 1
        options = {"filters": groups * self.rng.randint(1, 2), "kernel_size": size, "groups": groups}
        padding = self.rng.choice(("valid", "same", 1))
        strides = self.rng.randint(1, 2)
        return {"conv2d": {**options, "padding": padding, "strides": strides, "bias_initializer": _BIAS}}

    def pooling(self, shape: Shape) -> Any:
        """A pooling of windows."""
        options = {"pool_size": [min(2, n) for n in shape[:2]], "strides": self.rng.randint(1, 2)}
        kind = self.rng.choice(("max_pooling2d", "average_pooling2d"))
        return {kind: {**options, "padding": self.rng.choice(("valid", "same"))}}

    def image(self, shape: Shape) -> Any:
        """A layer that moves pixels or leaves some out."""
        height, width, channels = shape
        choices: list[Any] = [
            "flatten", {"permute": {"dims": [2, 1, 3]}}, {"permute": {"dims": [3, 1, 2]}},
            {"zero_padding2d": {"padding": [[1, 0], [0, 1]]}},
            {"reshape": {"target_shape": [height * width, channels]}},
            {"softmax": {"axis": 1}}, "global_max_pooling2d", "global_average_pooling2d",
        ]  # fmt: skip
        return self.rng.choice(choices)

    def reducing(self, shape: Shape) -> Any:
        """A layer whose value is smaller."""
        if len(shape) == 3:
            return self.rng.choice(("global_average_pooling2d", "global_max_pooling2d"))
        return self.affine(shape, 2)


def _split(layer: Any) -> tuple[str, dict[str, Any]]:
    """The kind and the options of a layer."""
    if isinstance(layer, str):
        return layer, {}
    ((kind, options),) = layer.items()
    return kind, dict(options)

