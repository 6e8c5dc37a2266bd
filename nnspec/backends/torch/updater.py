"""Update of all trained weights from their gradients, and the optimizer's state."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from nnspec.backends.contract import State, Weights
from nnspec.backends.torch import registry
from nnspec.backends.torch.clipping import clip_function
from nnspec.backends.torch.optimizers.base import ForeachOptimizer, update_averages
from nnspec.backends.torch.weights import BoundWeight
from nnspec.components.optimizers.base import ACCUMULATOR, AVERAGE, Optimizer


class Updater:
    """Backward pass and update of weights: clipping, weight decay, the rule, their averages."""

    def __init__(self, optimizer: Optimizer, weights: Mapping[str, BoundWeight]) -> None:
        self.step, self.weights = 0, weights
        self.optimizer, self.clip = optimizer, clip_function(optimizer)
        self.tensors = [bound.tensor for bound in weights.values()]
        built = registry.OPTIMIZERS[optimizer](optimizer, [{"params": self.tensors}])
        self.native, self.options, self.slots, self.counter = built
        further = [slot for slot in optimizer.state_slots if slot not in optimizer.slots]
        self.slots = {**self.slots, **dict(zip(further, further, strict=True))}
        native = self.native
        own = isinstance(native, ForeachOptimizer)
        self.native_step = native.step_without_hooks if own else native.step
        self._initialize_state()

    def update(self, rate: float | None = None) -> None:
        """Count a batch, and make its update at the optimizer's learning rate or another, if due.

        The gradients may be changed.
        """
        if self.tensors:
            if self._accumulate():
                self._update_weights(self.optimizer.rate(self.step) if rate is None else rate)
            if self.optimizer.use_ema:
                self._update_averages()
        self.step += 1

    def clear_gradients(self) -> None:
        """Forget the gradients of an earlier batch."""
        for tensor in self.tensors:
            tensor.grad = None

    @staticmethod
    def add_gradients(loss: Tensor) -> None:
        """Add the gradient of a loss for every trained weight that it depends on."""
        if loss.requires_grad:
            loss.backward()

    def fill_gradients(self) -> None:
        """Make the gradients of weights that no loss depended on 0."""
        for tensor in self.tensors:
            if tensor.grad is None:
                tensor.grad = torch.zeros_like(tensor)

    def gradients(self) -> Weights:
        """Copies of the gradients in the canonical layout."""
        return {
            name: bound.canonical(gradient)
            for name, bound in self.weights.items()
            if (gradient := bound.tensor.grad) is not None
        }

    def state(self) -> State:
        """The number of updates made, and copies of the slots."""
        return State(self.step, {slot: self._slot_arrays(key) for slot, key in self.slots.items()})

    def set_state(self, state: State) -> None:
        """Overwrite the number of updates and the slots."""
        self.step = state.step
        for slot, key in self.slots.items():
            for name, bound in self.weights.items():
                bound.write(self._native_state(bound)[key], state.slots[slot][name])
        for tensor in self.tensors if self.counter else ():
            self.native.state[tensor][self.counter].fill_(self.optimizer.updates(state.step))

    def _initialize_state(self) -> None:
        """Create the slots now; torch's own optimizers do it at the first update, of zeros."""
        starts = {key: self.optimizer.state_slots[slot] for slot, key in self.slots.items()}
        for tensor in self.tensors:
            slots = {key: torch.full_like(tensor, start) for key, start in starts.items()}
            counter = torch.zeros((), dtype=torch.float32, device=tensor.device)
            self.native.state[tensor] = {**slots, self.counter: counter} if self.counter else slots

    def _slot_arrays(self, key: str) -> Weights:
        return {
            name: bound.canonical(self._native_state(bound)[key])
            for name, bound in self.weights.items()
        }

    def _native_state(self, bound: BoundWeight) -> dict[str, Tensor]:
        state: dict[str, Tensor] = self.native.state[bound.tensor]
        return state

    def _update_weights(self, rate: float) -> None:
        options = self.options(self.optimizer.updates(self.step), rate)
        self.native.param_groups[0].update(options)
        if self.clip:
            self.clip(self._gradient_tensors())
        if self.optimizer.weight_decay:
            self._decay_weights(rate)
        self.native_step()

    @torch.no_grad()
    def _decay_weights(self, rate: float) -> None:
        """w <- w - rate decay w, decoupled from the gradient."""
        decay = torch._foreach_mul(self.tensors, self.optimizer.weight_decay)
        torch._foreach_mul_(decay, rate)
        torch._foreach_sub_(self.tensors, decay)

    @torch.no_grad()
    def _accumulate(self) -> bool:
        """Add the gradients to those of earlier batches; whether an update by their mean is due."""
        count = self.optimizer.batches_per_update
        if count == 1:
            return True
        sums, gradients = self._tensors_of(ACCUMULATOR), self._gradient_tensors()
        torch._foreach_add_(sums, gradients)
        if not self.optimizer.updates_after(self.step):
            return False
        torch._foreach_copy_(gradients, torch._foreach_div(sums, count))
        torch._foreach_zero_(sums)
        return True

    def _gradient_tensors(self) -> list[Tensor]:
        return [tensor.grad for tensor in self.tensors if tensor.grad is not None]

    def _tensors_of(self, slot: str) -> list[Tensor]:
        """A slot of each weight, of those that no rule of torch's has."""
        return [self.native.state[tensor][slot] for tensor in self.tensors]

    @torch.no_grad()
    def _update_averages(self) -> None:
        """a <- momentum a + (1 - momentum) w, a = w at first; w <- a where that is due."""
        updates, averages = self.optimizer.updates(self.step), self._tensors_of(AVERAGE)
        update_averages(averages, self.tensors, self.optimizer.ema_momentum if updates else 0.0)
        if self.optimizer.overwrites_weights(updates):
            torch._foreach_copy_(self.tensors, averages)
