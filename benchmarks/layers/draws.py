"""Random options of layers, as Keras has them, and shapes of rows that fit them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NamedTuple

import numpy as np

Shape = tuple[int, ...]
Options = dict[str, Any]
Draw = Callable[[Random], tuple[Any, ...]]  # options, and the shape of each input
ACTIVATIONS = ("linear", "relu", "tanh", "sigmoid", "silu", "elu", "softplus")


class Drawn(NamedTuple):
    """A layer with options, and the shapes of a row of each of its inputs."""

    kind: str
    options: Options
    shapes: tuple[Shape, ...]

    @property
    def written(self) -> dict[str, Options]:
        """The layer as a spec has it."""
        return {self.kind: self.options}

    def rows(self, rng: np.random.Generator) -> list[np.ndarray]:
        """Three random rows of each input: of an embedding, numbers of its vectors."""
        if self.kind == "embedding":
            return [rng.integers(0, self.options["input_dim"], (3, *self.shapes[0]))]
        return [rng.normal(scale=2, size=(3, *shape)) for shape in self.shapes]


def draw(kind: str, seed: int) -> Drawn:
    """A random layer of a kind."""
    options, *shapes = DRAWS[kind](Random(f"{kind} {seed}"))  # noqa: S311
    return Drawn(kind, options, tuple(shapes))


def _sizes(rng: Random, rank: int, most: int) -> list[int]:
    return [rng.randint(1, most) for _ in range(rank)]


def _strides(rng: Random, rank: int) -> Options:
    """Strides or a dilation, which Keras does not have together."""
    if rng.random() < 0.4:
        return {"dilation_rate": _sizes(rng, rank, 3)}
    return {"strides": _sizes(rng, rank, 3)}


def _affine(rng: Random) -> Options:
    return {"activation": rng.choice(ACTIVATIONS), "use_bias": rng.random() < 0.7}


def _spatial(rng: Random, rank: int, least: int, most: int) -> Shape:
    """Sizes of the axes between rows and channels."""
    return tuple(rng.randint(least, most) for _ in range(rank))


def _most(rank: int) -> int:
    """Of a side: the fewer the more axes there are, so that all ranks take about as long."""
    return (14, 10, 7)[rank - 1]


def _window(rng: Random, rank: int) -> tuple[list[int], Shape]:
    """The sides of a window, and a shape in which it has room, however it is dilated."""
    sides = _sizes(rng, rank, 3)
    return sides, _spatial(rng, rank, 7, max(7, _most(rank)))


def convolution(rank: int) -> Draw:
    """Groups, strides or dilation, both paddings."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        sides, spatial = _window(rng, rank)
        groups = rng.choice((1, 1, 2, 3))
        options = {
            "filters": groups * rng.randint(1, 2), "kernel_size": sides, "groups": groups,
            "padding": rng.choice(("valid", "same")), **_strides(rng, rank), **_affine(rng),
        }  # fmt: skip
        return options, (*spatial, groups * rng.randint(1, 2))

    return drawn


def transposed(rank: int) -> Draw:
    """Strides or dilation, both paddings."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        options = {
            "filters": rng.randint(1, 3), "kernel_size": _sizes(rng, rank, 3),
            "padding": rng.choice(("valid", "same")), "strides": _sizes(rng, rank, 3),
            **_affine(rng),
        }  # fmt: skip
        return options, (*_spatial(rng, rank, 1, 5), rng.randint(1, 3))

    return drawn


def depthwise(rank: int, **more: Callable[[Random], Any]) -> Draw:
    """The strides of both axes are equal, as Keras' layer on TensorFlow demands."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        sides, spatial = _window(rng, rank)
        dilated, step = rng.random() < 0.4, rng.randint(1, 3)
        options = {
            "kernel_size": sides, "padding": rng.choice(("valid", "same")),
            "dilation_rate" if dilated else "strides": [step] * rank,
            "depth_multiplier": rng.randint(1, 2), **_affine(rng),
            **{name: value(rng) for name, value in more.items()},
        }  # fmt: skip
        return options, (*spatial, rng.randint(1, 3))

    return drawn


def pooling(rank: int) -> Draw:
    """Windows that may overlap or leave gaps."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        sides, spatial = _window(rng, rank)
        padding = rng.choice(("valid", "same"))
        options = {"pool_size": sides, "strides": _sizes(rng, rank, 3), "padding": padding}
        return options, (*spatial, rng.randint(1, 3))

    return drawn


def global_pooling(rank: int) -> Draw:
    """With and without the axes of size 1."""
    return lambda rng: (
        {"keepdims": rng.random() < 0.5},
        (*_spatial(rng, rank, 1, 6), rng.randint(1, 3)),
    )


def adaptive_pooling(rank: int) -> Draw:
    """Windows that share the input out among so many places, of which it has no fewer."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        sizes = _sizes(rng, rank, 4)
        spatial = tuple(size * rng.randint(1, 2) for size in sizes)
        return {"output_size": sizes if rank > 1 else sizes[0]}, (*spatial, rng.randint(1, 3))

    return drawn


def margins(rank: int, name: str, least: int) -> Draw:
    """Rows at both ends of each axis, added or taken away."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        pairs = [[rng.randint(0, 2), rng.randint(0, 2)] for _ in range(rank)]
        value = pairs if rank > 1 else pairs[0]
        return {name: value}, (*_spatial(rng, rank, least, least + 4), rng.randint(1, 3))

    return drawn


def up_sampling(rank: int) -> Draw:
    """Each axis by its own factor; two axes also bilinearly."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        size: Any = _sizes(rng, rank, 3) if rank > 1 else rng.randint(1, 3)
        more = {"interpolation": rng.choice(("nearest", "bilinear"))} if rank == 2 else {}
        return {"size": size, **more}, (*_spatial(rng, rank, 1, 5), rng.randint(1, 3))

    return drawn


def any_shape(rng: Random) -> Shape:
    """One to three axes."""
    return tuple(_sizes(rng, rng.randint(1, 3), 5))


def without_options(rng: Random) -> tuple[Options, Shape]:
    """A layer that has none."""
    return {}, any_shape(rng)


def numbers(**ranges: tuple[float, float]) -> Draw:
    """Each option a real number of its range."""
    return lambda rng: (
        {name: rng.uniform(*ends) for name, ends in ranges.items()},
        any_shape(rng),
    )


def over_axis(rng: Random) -> tuple[Options, Shape]:
    """An axis of the row, from the front or the end."""
    shape = any_shape(rng)
    return {"axis": rng.choice([*range(1, len(shape) + 1), -1])}, shape


def normalization(axes: Callable[[Random, int], Any], *flags: str) -> Draw:
    """Axes of a row, an epsilon that float32 holds, and flags."""

    def drawn(rng: Random) -> tuple[Options, Shape]:
        shape = any_shape(rng)
        options = {"axis": axes(rng, len(shape)), "epsilon": 2.0 ** -rng.randint(3, 12)}
        return {**options, **{name: rng.random() < 0.7 for name in flags}}, shape

    return drawn


def one_axis(rng: Random, rank: int) -> int:
    """The number of an axis of a row, from 1."""
    return rng.randint(1, rank)


def several_axes(rng: Random, rank: int) -> list[int]:
    """The numbers of axes of a row, ascending."""
    return sorted(rng.sample(range(1, rank + 1), rng.randint(1, rank)))


def last_axes(rng: Random, rank: int) -> list[int]:
    """The numbers of the last axes of a row: Keras' scale fits no others."""
    return list(range(rng.randint(1, rank), rank + 1))


def unit_normalization(rng: Random) -> tuple[Options, Shape]:
    """Over several axes."""
    shape = any_shape(rng)
    return {"axis": several_axes(rng, len(shape))}, shape


def group_normalization(rng: Random) -> tuple[Options, Shape]:
    """Channels in groups of one or more."""
    groups, size = rng.randint(1, 3), rng.randint(1, 3)
    flags = {name: rng.random() < 0.7 for name in ("center", "scale")}
    options = {"groups": groups, "epsilon": 2.0 ** -rng.randint(3, 12), **flags}
    return options, (*_spatial(rng, rng.randint(1, 2), 1, 4), groups * size)


def dense(rng: Random) -> tuple[Options, Shape]:
    """On the last axis of one to three."""
    return {"units": rng.randint(1, 5), **_affine(rng)}, any_shape(rng)


def permute(rng: Random) -> tuple[Options, Shape]:
    """The axes of a row in any order."""
    shape = any_shape(rng)
    return {"dims": rng.sample(range(1, len(shape) + 1), len(shape))}, shape


def reshape(rng: Random) -> tuple[Options, Shape]:
    """The same numbers, the size of one axis left open."""
    shape = any_shape(rng)
    return {"target_shape": rng.choice(([-1], [*shape[1:], -1], [1, *shape]))}, shape


def repeat_vector(rng: Random) -> tuple[Options, Shape]:
    """A vector several times."""
    return {"n": rng.randint(1, 4)}, (rng.randint(1, 5),)


def embedding(rng: Random) -> tuple[Options, Shape]:
    """Vectors by their numbers."""
    return {"input_dim": rng.randint(1, 6), "output_dim": rng.randint(1, 4)}, any_shape(rng)


def merge(rng: Random) -> tuple[Any, ...]:
    """Two or three inputs of one shape."""
    return {}, *[any_shape(rng)] * rng.randint(2, 3)


def subtract(rng: Random) -> tuple[Any, ...]:
    """Two inputs of one shape."""
    return {}, *[any_shape(rng)] * 2


def concatenate(rng: Random) -> tuple[Any, ...]:
    """Inputs that differ in the size of the axis along which they are joined."""
    shape = list(any_shape(rng))
    axis = rng.randint(1, len(shape))
    joined = [(*shape[: axis - 1], rng.randint(1, 4), *shape[axis:]) for _ in range(3)]
    return {"axis": axis}, *joined


def dot(rng: Random) -> tuple[Any, ...]:
    """Inputs of one or two axes, multiplied along one of equal size."""
    size, sides = rng.randint(1, 4), []
    for _ in range(2):
        axis = rng.randint(1, 2)
        shape = [rng.randint(1, 4)] * 2
        shape[axis - 1] = size
        sides.append((axis, tuple(shape)))
    axes, shapes = zip(*sides, strict=True)
    return {"axes": list(axes), "normalize": rng.random() < 0.5}, *shapes


def glu(rng: Random) -> tuple[Options, Shape]:
    """Halves of an axis of even size."""
    shape = tuple(2 * n for n in any_shape(rng))
    return {"axis": rng.choice([*range(1, len(shape) + 1), -1])}, shape


def prelu(rng: Random) -> tuple[Options, Shape]:
    """Slopes of their own, or shared along some axes."""
    shape = any_shape(rng)
    shared = sorted(rng.sample(range(1, len(shape) + 1), rng.randint(0, len(shape))))
    return {"shared_axes": shared} if shared else {}, shape


def relu(rng: Random) -> tuple[Options, Shape]:
    """Keras' three options."""
    options = {"max_value": rng.uniform(1, 3), "negative_slope": rng.uniform(0, 0.5)}
    chosen = {name: value for name, value in options.items() if rng.random() < 0.6}
    return {**chosen, "threshold": rng.uniform(0, 0.9)}, any_shape(rng)


_RANKS = {1: "1d", 2: "2d", 3: "3d"}
_SPATIAL: Mapping[str, Callable[[int], Draw]] = {
    "conv{}": convolution,
    "conv{}_transpose": transposed,
    "max_pooling{}": pooling,
    "average_pooling{}": pooling,
    "global_max_pooling{}": global_pooling,
    "global_average_pooling{}": global_pooling,
    "adaptive_max_pooling{}": adaptive_pooling,
    "adaptive_average_pooling{}": adaptive_pooling,
    "zero_padding{}": lambda rank: margins(rank, "padding", 1),
    "cropping{}": lambda rank: margins(rank, "cropping", 5),
    "up_sampling{}": up_sampling,
}
_SMOOTH = (
    "linear", "sigmoid", "tanh", "silu", "mish", "selu", "softplus", "softsign", "exponential",
    "log_sigmoid", "tanh_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "relu6", "sparse_plus",
    "sparse_sigmoid", "flatten",
)  # fmt: skip
DRAWS: dict[str, Draw] = {
    **{kind.format(_RANKS[r]): of(r) for kind, of in _SPATIAL.items() for r in _RANKS},
    **{f"depthwise_conv{_RANKS[rank]}": depthwise(rank) for rank in (1, 2)},
    **{
        f"separable_conv{_RANKS[rank]}": depthwise(rank, filters=lambda rng: rng.randint(1, 3))
        for rank in (1, 2)
    },
    **dict.fromkeys(_SMOOTH, without_options),
    "dense": dense,
    "elu": numbers(alpha=(0.2, 2)),
    "celu": numbers(alpha=(0.2, 2)),
    "leaky_relu": numbers(negative_slope=(0.01, 0.9)),
    "soft_shrink": numbers(threshold=(0.1, 2)),
    "hard_shrink": numbers(threshold=(0.1, 2)),
    "squareplus": numbers(b=(0.5, 5)),
    "threshold": numbers(threshold=(-1, 1), default_value=(-3, 3)),
    "rescaling": numbers(scale=(-3, 3), offset=(-3, 3)),
    "gelu": lambda rng: ({"approximate": rng.random() < 0.5}, any_shape(rng)),
    "relu": relu,
    "prelu": prelu,
    "softmax": over_axis,
    "log_softmax": over_axis,
    "glu": glu,
    "batch_normalization": normalization(one_axis, "center", "scale"),
    "layer_normalization": normalization(several_axes, "center", "scale"),
    "rms_normalization": normalization(last_axes),
    "unit_normalization": unit_normalization,
    "group_normalization": group_normalization,
    "permute": permute,
    "reshape": reshape,
    "repeat_vector": repeat_vector,
    "embedding": embedding,
    **dict.fromkeys(("add", "multiply", "average", "maximum", "minimum"), merge),
    "subtract": subtract,
    "concatenate": concatenate,
    "dot": dot,
}
