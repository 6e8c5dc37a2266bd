"""The processes that train a network together: shares of batches, and sums over all shares.

Each process has the same weights and computes its share of each batch: consecutive rows, which may
be none where a batch has fewer rows than there are processes. The sum of what all shares give is
what one process gives of the whole batch.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel


class Processes:
    """One process alone, which computes whole batches."""

    rank, size = 0, 1

    def share(self, rows: int) -> slice:
        """The rows of a batch that this process computes: those of `torch.tensor_split`."""
        least, more = divmod(rows, self.size)
        start = self.rank * least + min(self.rank, more)
        return slice(start, start + least + (self.rank < more))

    def replicated(self, network: nn.Module, *, all_trained: bool) -> nn.Module:
        """A module whose gradients are, after a backward pass, the means over all processes.

        `all_trained` says whether its outputs depend on all weights that are trained.
        """
        return network

    def unsynchronized(self, network: nn.Module) -> AbstractContextManager[None]:
        """Context of backward passes after which gradients stay those of this process alone."""
        return nullcontext()

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of the tensors of all processes, in place; it has no gradient."""
        return tensor

    def differentiable_sum(self, tensor: Tensor) -> Tensor:
        """The sum of the tensors of all processes, with its gradient."""
        return tensor

    def gather(self, value: Any) -> list[Any]:
        """What each process gives, in the order of their ranks; nothing but in process 0."""
        return [value]


class ProcessGroup(Processes):
    """The processes of the default group of `torch.distributed`, of which this is one."""

    def __init__(self) -> None:
        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        # Gradients of layers with one channel have two layouts that are the same.
        warnings.filterwarnings("ignore", "Grad strides do not match bucket view strides")

    def replicated(self, network: nn.Module, *, all_trained: bool) -> nn.Module:
        """DistributedDataParallel, unless nothing is trained."""
        if not any(weight.requires_grad for weight in network.parameters()):
            return network
        return DistributedDataParallel(
            network, init_sync=False, forward_sync_buffers=False,
            find_unused_parameters=not all_trained,
        )  # fmt: skip

    def unsynchronized(self, network: nn.Module) -> AbstractContextManager[None]:
        """`no_sync` of DistributedDataParallel."""
        return network.no_sync() if isinstance(network, DistributedDataParallel) else nullcontext()

    def sum(self, tensor: Tensor) -> Tensor:
        """An all-reduce."""
        dist.all_reduce(tensor)
        return tensor

    def differentiable_sum(self, tensor: Tensor) -> Tensor:
        """An all-reduce, and one of the gradient: each process has a part of the whole loss."""
        summed: Tensor = _Sum.apply(tensor)
        return summed

    def gather(self, value: Any) -> list[Any]:
        """The pickled values of all processes."""
        found: list[Any] | None = [None] * self.size if self.rank == 0 else None
        dist.gather_object(value, found)
        return found or []


class _Sum(torch.autograd.Function):
    """y = sum over processes x; dx = sum over processes dy."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return _summed(x)

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        return _summed(gradients[0])


def _summed(tensor: Tensor) -> Tensor:
    total = tensor.clone(memory_format=torch.contiguous_format)
    dist.all_reduce(total)
    return total


SINGLE = Processes()


def is_joined() -> bool:
    """Whether this process has been joined with others."""
    return dist.is_available() and dist.is_initialized()


def sums_over_processes(processes: Processes, tensors: Sequence[Tensor]) -> Tensor:
    """Sums of numbers over all processes, as one tensor; of none it is empty."""
    return processes.sum(torch.stack(list(tensors))) if tensors else torch.empty(0)
