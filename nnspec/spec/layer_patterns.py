"""Patterns of the names of layers and groups, as `train.freeze` and `initial_weights` have them."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import accumulate


def layer_paths(layer: str) -> list[str]:
    """The paths of a layer's groups and its own: `features` and `features.conv2d`.

    That of a layer's activation, `features.conv2d.prelu`, follows that of the layer.
    """
    return list(accumulate(layer.replace("/", ".").split("."), "{}.{}".format))


def matches(pattern: str, layer: str) -> bool:
    """Whether a pattern is a layer's path, such as `features.conv2d`, or that of its group.

    `*` stands for any text, dots included; `/` may stand for a dot. `layer` is the name in the
    graph, `features/conv2d`.
    """
    pattern = pattern.replace("/", ".").replace("[", "[[]")
    return any(fnmatchcase(path, pattern) for path in layer_paths(layer))
