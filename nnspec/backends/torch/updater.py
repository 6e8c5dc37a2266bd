"""One update of all trained weights, and the optimizer's state in canonical form."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nnspec.backends.contract import State, Weights
from nnspec.backends.torch import registry
from nnspec.backends.torch.clipping import clip_of
from nnspec.backends.torch.optimizers import OwnOptimizer
from nnspec.backends.torch.weights import BoundWeight
from nnspec.components.optimizers.base import Optimizer


class Updater:
    """Changes weights by their gradients: clipping, decay, then the optimizer's own rule."""

    def __init__(self, optimizer: Optimizer, held: Mapping[str, BoundWeight]) -> None:
        self.step, self.held = 0, held
        self.optimizer, self.clip = optimizer, clip_of(optimizer)
        self.tensors = [weight.tensor for weight in held.values()]
        made = registry.OPTIMIZERS[optimizer](optimizer, [{"params": self.tensors}])
        self.native, self.options, self.slots, self.counter = made
        native = self.native
        self.advance = native.advance if isinstance(native, OwnOptimizer) else native.step
        self._start()

    def update(self) -> None:
        """One update; the gradients may be overwritten."""
        if self.tensors:
            self._change()
        self.step += 1

    def derive(self, loss: Tensor) -> None:
        """Write the gradient of every trained weight, over what stood there."""
        for tensor in self.tensors:
            tensor.grad = None
        if self.tensors:
            loss.backward()

    def gradients(self) -> Weights:
        """Copies of the gradients."""
        return {
            name: held.canonical(held.tensor.grad)
            for name, held in self.held.items()
            if held.tensor.grad is not None
        }

    def state(self) -> State:
        """Updates made, and copies of the slots."""
        return State(self.step, {slot: self._slot(key) for slot, key in self.slots.items()})

    def set_state(self, state: State) -> None:
        """Overwrite the updates made and the slots."""
        self.step = state.step
        for slot, key in self.slots.items():
            for name, held in self.held.items():
                held.write(self._native_state(held)[key], state.slots[slot][name])
        for tensor in self.tensors if self.counter else ():
            self.native.state[tensor][self.counter].fill_(state.step)

    def _start(self) -> None:
        """The state before the first update; torch's own would only make it then."""
        for tensor in self.tensors:
            slots = {key: torch.zeros_like(tensor) for key in self.slots.values()}
            counter = torch.zeros((), dtype=torch.float32, device=tensor.device)
            self.native.state[tensor] = {**slots, self.counter: counter} if self.counter else slots

    def _slot(self, key: str) -> Weights:
        return {
            name: held.canonical(self._native_state(held)[key]) for name, held in self.held.items()
        }

    def _native_state(self, held: BoundWeight) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.native.state[held.tensor]
        return state

    def _change(self) -> None:
        options = self.options(self.step)
        self.native.param_groups[0].update(options)
        if self.clip:
            self.clip([tensor.grad for tensor in self.tensors if tensor.grad is not None])
        if self.optimizer.weight_decay:
            self._decay(options["lr"])
        self.advance()

    @torch.no_grad()
    def _decay(self, rate: float) -> None:
        """w <- w - rate d w, apart from the gradient."""
        shrinking = torch._foreach_mul(self.tensors, self.optimizer.weight_decay)
        torch._foreach_mul_(shrinking, rate)
        torch._foreach_sub_(self.tensors, shrinking)
