"""Fallback for layers without a kernel: the reference rule on the whole batch."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.backends.numpy import registry
from nnspec.backends.numpy.fast.blocks import BlockedTensor
from nnspec.backends.numpy.fast.context import BlockContext
from nnspec.backends.numpy.fast.plan import BatchStep, Kernel


def fallback_whole_batch(context: BlockContext, *inputs: BlockedTensor) -> Kernel:
    """Gather the rows of all blocks, apply the layer's reference rule, and scatter its results."""
    outputs = [context.allocate_output(i) for i in range(len(context.node.outputs))]
    batch = _Batch(context, inputs, outputs)
    return Kernel(
        outputs[0],
        [BatchStep([batch.forward])],
        [BatchStep([batch.backward])],
        further_outputs=outputs[1:],
    )


class _Batch:
    """The reference rule of a batch, on arrays with rows first."""

    def __init__(
        self,
        context: BlockContext,
        inputs: Sequence[BlockedTensor],
        outputs: Sequence[BlockedTensor],
    ) -> None:
        self.context, self.inputs, self.outputs = context, inputs, outputs
        layer = context.node.layer
        self.rule = registry.LAYERS[layer](layer, context.reference_context())
        self.rule_backward = None

    def forward(self) -> None:
        """Compute the outputs."""
        result, backward = self.rule(*(x.gather(x.values) for x in self.inputs))
        results = result if len(self.outputs) > 1 else (result,)
        for y, values in zip(self.outputs, results, strict=True):
            y.scatter(values, y.values)
        self.rule_backward = backward if self.context.training else None

    def backward(self) -> None:
        """Compute the gradients of the weights and of the inputs that need one."""
        assert self.rule_backward is not None  # noqa: S101
        for gradient in self.context.gradients.values():
            gradient.fill(0)
        gradients = self.rule_backward(*(y.gather(y.gradients) for y in self.outputs))
        self.rule_backward = None  # what it holds of the batch is needed no more
        needed = self.context.input_gradients
        for x, dx, need in zip(self.inputs, gradients, needed, strict=True):
            if need:
                x.scatter(dx, x.gradients)
