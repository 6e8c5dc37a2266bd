"""Groups of layers: sequences, residual blocks, branches; and the same weights again."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from nnspec.components.layers.base import Layer, LayerItem
from nnspec.components.layers.merging import Add, Concatenate
from nnspec.errors import Problem
from nnspec.options.messages import problems_error
from nnspec.options.validation import ComponentField

Item = Annotated[LayerItem, ComponentField("layer")]
Items = tuple[Item, ...]


def _merging(merge: LayerItem) -> LayerItem:
    """Only a layer that reads several values merges them."""
    if isinstance(merge, Layer) and merge.arity != 1 and merge.inputs is None:
        return merge
    problem = Problem(f"{merge.kind} does not merge values", hint="add, concatenate, multiply, ...")
    raise problems_error([problem])


MergeField = Annotated[LayerItem, ComponentField("layer"), AfterValidator(_merging)]


class Group(LayerItem):
    """Layers that have a name together: their weights are named `group/layer/weight`."""


class LayerGroup(Group):
    """Base class of groups that hold layers; with `trainable: false` all in them are frozen."""

    trainable: bool = True


class Sequential(LayerGroup, kind="sequential", primary="layers"):
    """Layers one after the other; the first reads the group's inputs, the last gives its value.

    `block` is the word of the spec that the group was written with.
    """

    block: str | None = None
    layers: Annotated[Items, Field(min_length=1)]

    example = "{sequential: {name: encoder, layers: [flatten, {dense: 10}]}}"

    @property
    def default_name(self) -> str:
        """The block's name."""
        return self.block or self.kind


class Residual(LayerGroup, kind="residual", primary="layers"):
    """y = merge(layers(x), shortcut(x)); without `shortcut`, merge(layers(x), x) (He et al., 2015).

    `merge` is `add`, or another layer that reads two values.
    """

    layers: Annotated[Items, Field(min_length=1)]
    shortcut: Items = ()
    merge: MergeField = Add.model_construct()

    example = "{residual: [{dense: 10}, relu]}"


class Branches(LayerGroup, kind="branches", primary="paths"):
    """y = merge(path_1(x), path_2(x), ...): several lists of layers that read the same value.

    An empty list is the value itself.
    """

    paths: Annotated[tuple[Items, ...], Field(min_length=2)]
    merge: MergeField = Concatenate.model_construct()

    example = "{branches: [[{dense: 10}], [{dense: 10}, relu]]}"


class Shared(Group, kind="shared", primary="layer"):
    """A layer or group that stands before, with the same weights, on another value."""

    layer: str

    example = "{shared: {layer: encoder, inputs: other}}"
