"""The context of a kernel: a node, its weights and gradients, and the blocks of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.blocks import BlockedTensor, Blocks, Layout
from nnspec.backends.numpy.fast.weight_caches import WeightCaches
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.backends.numpy.reference.context import RuleContext
from nnspec.graph.ir import Node
from nnspec.options.types import Shape


class BlockContext(NamedTuple):
    """What a kernel is built from, beside its inputs."""

    node: Node
    store: ParameterStore
    gradients: dict[str, Array]  # of the weights of the node, by their names in it
    blocks: Blocks
    layouts: tuple[Layout, ...]  # of the outputs
    caches: WeightCaches | None  # of inference; None in training
    input_gradients: tuple[bool, ...]  # of each input, whether its gradient is needed
    source: str | None  # the network input whose numbers it reads, at most reshaped

    @property
    def shape(self) -> Shape:
        """Shape of one row of the node's first output."""
        return self.node.shape

    @property
    def layout(self) -> Layout:
        """Layout of the first output."""
        return self.layouts[0]

    @property
    def training(self) -> bool:
        """Whether there is a backward pass."""
        return self.caches is None

    @property
    def dtype(self) -> np.dtype[Any]:
        """The dtype of floats: activations and weights."""
        return self.blocks.dtype

    @property
    def input_gradient(self) -> bool:
        """Whether the gradient of the first input is needed."""
        return self.input_gradients[0]

    def reference_context(self, gradients: Mapping[str, Array] | None = None) -> RuleContext:
        """The context of the reference rule, which adds to the node's gradients or to others."""
        if gradients is None:
            gradients = {self.node.weight_name(name): g for name, g in self.gradients.items()}
        return RuleContext(
            self.node, self.store, gradients, self.dtype, self.training, self.input_gradients
        )

    def allocate_output(self, index: int = 0) -> BlockedTensor:
        """A tensor for an output of the node, which a reader may overwrite."""
        spec, layout = self.node.output_specs[index], self.layouts[index]
        dtype = None if spec.is_float else np.dtype(spec.dtype)
        values = self.blocks.buffers(spec.shape, layout, dtype)
        needs_gradient = self.training and spec.is_float
        gradients = self.blocks.buffers(spec.shape, layout) if needs_gradient else values
        return BlockedTensor(spec.shape, layout, values, gradients, overwritable=True)

    def allocate_like(self, x: BlockedTensor, *, overwritable: bool) -> BlockedTensor:
        """A tensor like the first input that shares its gradient: dx is written over dy.

        The gradient is a buffer of this reader alone, so that nothing else sees it change.
        """
        return self.share_gradient(
            x._replace(values=self.like_buffers(x), overwritable=overwritable)
        )

    def share_gradient(self, y: BlockedTensor) -> BlockedTensor:
        """A tensor with the gradient of the first input, or a buffer where that one needs none."""
        if self.input_gradient or not self.training:
            return y
        return y._replace(gradients=self.like_buffers(y))

    def like_buffers(self, x: BlockedTensor, dtype: Any = None) -> list[Array]:
        """An uninitialised buffer for each block of a tensor."""
        return self.blocks.buffers(x.shape, x.layout, dtype)

    def empty(self, shape: Shape, dtype: Any = None) -> Array:
        """An uninitialised array that holds its contents until the backward pass of a batch."""
        return self.blocks.memory.empty(shape, dtype or self.dtype)

    def temporary(self, block: int) -> AbstractContextManager[object]:
        """Context in which `empty` makes arrays that hold their contents during one task."""
        return self.blocks.memory.temporary(block)

    def weight(self, name: str) -> Array:
        """A weight of the node; updates change it in place."""
        return self.store.weight(self.node.weight_name(name))

    def gradient(self, name: str) -> Array:
        """The array into which the gradient of a weight is written, that of this node alone."""
        return self.gradients[name]

    def gradient_spans(self) -> list[slice]:
        """The slices of the flat gradient array for the weights with gradients."""
        return [self.gradient_span(name) for name in self.gradients]

    def gradient_span(self, name: str) -> slice:
        """The slice of the flat gradient array for one weight; empty if it is frozen."""
        return self.store.gradients.spans.get(self.node.weight_name(name), slice(0, 0))

    def has_weight(self, name: str) -> bool:
        """Whether the node has a weight of this name."""
        return name in self.node.weights
