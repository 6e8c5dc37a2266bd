"""Random layers and groups that read one value, as plain values of a spec."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from random import Random
from typing import Any

from nnspec.options.validation import read_component

Shape = tuple[int, ...]
Layers = list[Any]

BIAS = {"random_uniform": {"minval": -0.5, "maxval": 0.5}}
SLOPE = {"random_uniform": {"minval": 0.1, "maxval": 0.6}}
MAX_SIZE = 40  # of a value, before it is reduced

_SMOOTH = ("tanh", "sigmoid", "gelu", "silu", "softmax", {"gelu": {"approximate": True}})
_KINKED = ("relu", "leaky_relu", {"prelu": {"alpha_initializer": SLOPE}})


def shape_of(layer: Any, *inputs: Shape) -> Shape:
    """The shape of a layer's value."""
    return tuple(read_component("layer", layer).output_shape(*inputs))  # type: ignore[attr-defined]


def kind_and_options(layer: Any) -> tuple[str, dict[str, Any]]:
    """The kind and the options of a layer."""
    if isinstance(layer, str):
        return layer, {}
    ((kind, options),) = layer.items()
    return kind, dict(options)


class Chains:
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
        axes = list(range(1, len(shape) + 1))
        choices: list[Any] = [
            self.rng.choice(_SMOOTH), self.rng.choice(_SMOOTH), self.rng.choice(_KINKED),
            "batch_normalization", {"batch_normalization": {"momentum": 0.8, "scale": False}},
            "layer_normalization", {"layer_normalization": {"axis": axes}},
            {"dropout": {"rate": 0.25}}, {"gaussian_noise": {"stddev": 0.1}}, "linear",
        ]  # fmt: skip
        if len(shape) == 3:
            choices.append({"spatial_dropout2d": {"rate": 0.3}})
        return self.rng.choice(choices)

    def affine(self, shape: Shape, channels: int) -> Any:
        """A layer with weights that changes the last axis alone."""
        activation = self.rng.choice(("linear", "tanh", "sigmoid", "silu"))
        common: dict[str, Any] = {"activation": activation, "bias_initializer": BIAS}
        if self.rng.random() < 0.2:
            common["kernel_regularizer"] = {"l2": 0.01}
        if len(shape) == 3 and self.rng.random() < 0.7:
            size = self.rng.randint(1, 3)
            return {
                "conv2d": {"filters": channels, "kernel_size": size, "padding": "same", **common}
            }
        return {"dense": {"units": channels, **common}}

    def convolution(self, shape: Shape) -> Any:
        """A convolution that may change all axes."""
        size = self.rng.randint(1, min(3, *shape[:2]))
        groups = shape[-1] if self.rng.random() < 0.3 else 1
        options = {
            "filters": groups * self.rng.randint(1, 2),
            "kernel_size": size,
            "groups": groups,
        }
        padding = self.rng.choice(("valid", "same", 1))
        strides = self.rng.randint(1, 2)
        return {
            "conv2d": {**options, "padding": padding, "strides": strides, "bias_initializer": BIAS}
        }

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
