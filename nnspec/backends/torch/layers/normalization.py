"""Batch and layer normalization as torch modules."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from nnspec.backends.torch.layer_module import LayerModule, WeightLocation
from nnspec.backends.torch.processes import SINGLE
from nnspec.components.layers import normalization as layers
from nnspec.graph.ir import Node
from nnspec.options.types import Shape

_LOCATIONS = {
    "gamma": WeightLocation("weight"),
    "beta": WeightLocation("bias"),
    "moving_mean": WeightLocation("running_mean"),
    "moving_variance": WeightLocation("running_var"),
}


def batch_normalization(layer: layers.BatchNormalization, node: Node) -> LayerModule:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta for each channel."""
    return LayerModule(BatchNorm(layer, int(node.shape[layer.axis])), _LOCATIONS)


def layer_normalization(layer: layers.LayerNormalization, node: Node) -> LayerModule:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta over axes of each row.

    `nn.LayerNorm` where these are the last ones, and where it has the weights.
    """
    shape = tuple(int(node.input_shapes[0][axis]) for axis in layer.axis)
    last = layer.axis == tuple(range(-len(shape), 0))
    if not last or (layer.center and not layer.scale):
        return LayerModule(LayerNorm(layer, shape), _LOCATIONS)
    module = nn.LayerNorm(shape, layer.epsilon, elementwise_affine=layer.scale, bias=layer.center)
    return LayerModule(module, _LOCATIONS)


def group_normalization(layer: layers.GroupNormalization, node: Node) -> LayerModule:
    """y = gamma (x - mean) / sqrt(variance + epsilon) + beta of groups of channels of each row."""
    return LayerModule(GroupNorm(layer, int(node.shape[-1])), _LOCATIONS)


class BatchNorm(nn.Module):
    """`nn.BatchNorm2d` for channels on any axis, with biased running variances.

    A frozen one normalizes by these in training too. The statistics of a batch are those of all
    `processes`, of which each has some of its rows.

    Torch's own running variances average the unbiased variance (divided by n - 1), and torch
    refuses a batch with a single value per channel.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, layer: layers.BatchNormalization, channels: int) -> None:
        super().__init__()
        self.momentum, self.eps, self.axis = layer.momentum, layer.epsilon, layer.axis
        self.frozen, self.processes = layer.is_frozen, SINGLE
        self.weight = nn.Parameter(torch.ones(channels)) if layer.scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if layer.center else None
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        channels_first = x.movedim(self.axis, 1)
        if self.training and not self.frozen:
            if self.processes.size > 1:
                return self._normalize_over_processes(channels_first)
            self._update_running_statistics(channels_first.detach())
            return self._normalize(channels_first, None, None)
        return self._normalize(channels_first, self.running_mean, self.running_var)

    def _update_running_statistics(self, x: Tensor) -> None:
        """r <- momentum r + (1 - momentum) b, for the mean and the variance of the batch."""
        variance, mean = torch.var_mean(x, (0, *range(2, x.ndim)), correction=0)
        self._follow(mean, variance)

    def _normalize_over_processes(self, x: Tensor) -> Tensor:
        """Normalize by the statistics of the whole batch, of which each process has some rows."""
        axes, shape = (0, *range(2, x.ndim)), (1, -1, *(1 for _ in x.shape[2:]))
        sum_ = self.processes.differentiable_sum
        count = self.processes.sum(x.new_tensor(x.numel() // x.shape[1]))
        mean = sum_(x.sum(axes)) / count
        centered = x - mean.view(shape)
        variance = sum_(centered.square().sum(axes)) / count
        self._follow(mean.detach(), variance.detach())
        y = centered * torch.rsqrt(variance + self.eps).view(shape)
        y = y if self.weight is None else y * self.weight.view(shape)
        y = y if self.bias is None else y + self.bias.view(shape)
        return y.movedim(1, self.axis)

    @torch.no_grad()
    def _follow(self, mean: Tensor, variance: Tensor) -> None:
        """r <- momentum r + (1 - momentum) b, for both running statistics."""
        self.running_mean.mul_(self.momentum).add_(mean * (1 - self.momentum))
        self.running_var.mul_(self.momentum).add_(variance * (1 - self.momentum))

    def _normalize(self, x: Tensor, mean: Tensor | None, variance: Tensor | None) -> Tensor:
        y = torch.batch_norm(
            x, self.weight, self.bias, mean, variance,
            training=mean is None, momentum=0.0, eps=self.eps,
            cudnn_enabled=torch.backends.cudnn.enabled,
        )  # fmt: skip
        return y.movedim(1, self.axis)

    def extra_repr(self) -> str:
        return f"{len(self.running_mean)}, momentum={self.momentum}, eps={self.eps}"


class LayerNorm(nn.Module):
    """`nn.LayerNorm` over any axes of a row, counted from the end, with either weight or none."""

    def __init__(self, layer: layers.LayerNormalization, shape: Shape) -> None:
        super().__init__()
        self.axes, self.eps, self.shape = layer.axis, layer.epsilon, shape
        self.last = tuple(range(-len(shape), 0))
        self.weight = nn.Parameter(torch.ones(shape)) if layer.scale else None
        self.bias = nn.Parameter(torch.zeros(shape)) if layer.center else None

    def forward(self, x: Tensor) -> Tensor:
        moved = x.movedim(self.axes, self.last)
        y = functional.layer_norm(moved, self.shape, self.weight, self.bias, self.eps)
        return y.movedim(self.last, self.axes)

    def extra_repr(self) -> str:
        return f"{self.shape}, axes={self.axes}, eps={self.eps}"


class GroupNorm(nn.Module):
    """`nn.GroupNorm` for channels-last rows, with either weight or none."""

    def __init__(self, layer: layers.GroupNormalization, channels: int) -> None:
        super().__init__()
        self.groups, self.eps = layer.groups, layer.epsilon
        self.weight = nn.Parameter(torch.ones(channels)) if layer.scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if layer.center else None

    def forward(self, x: Tensor) -> Tensor:
        channels_first = x.movedim(-1, 1)
        y = functional.group_norm(channels_first, self.groups, self.weight, self.bias, self.eps)
        return y.movedim(1, -1)

    def extra_repr(self) -> str:
        return f"{self.groups}, eps={self.eps}"
