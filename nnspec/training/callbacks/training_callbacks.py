"""Calls of all callbacks of a training, and their errors at their places in the spec."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnspec.backends.arrays import Arrays
from nnspec.backends.contract import Program
from nnspec.components.schedules.base import EpochMetrics
from nnspec.errors import NnspecError, Problem, SourceSpan, SpecError, quoted
from nnspec.options.rules import Rules
from nnspec.spec.document import Spec
from nnspec.system_errors import first_line
from nnspec.training.callbacks.base import CallbackRule, EpochContext

if TYPE_CHECKING:  # few specs have callbacks, and their module makes a class
    from nnspec.components.callbacks.base import Callback

RULES: Rules[Callable[[Callback], CallbackRule]] = Rules(
    "training", "callback", "nnspec.training.callbacks", {
        "learning_rate_monitor": "learning_rate_monitor:LearningRateMonitorRule",
        "weight_norm_monitor": "weight_norm_monitor:WeightNormMonitorRule",
    },
)  # fmt: skip
CallbackStates = Mapping[str, Arrays]  # `0.weight_norm_monitor` -> arrays by name
NO_STATES: CallbackStates = MappingProxyType({})
_DTYPES = ("float32", "float64", "int64", "uint8")  # of arrays in checkpoints


class _Called(NamedTuple):
    """A callback, what it does, its key among states, and its place in the spec."""

    callback: Callback
    rule: CallbackRule
    key: str
    place: SourceSpan | None


class TrainingCallbacks:
    """The callbacks of one training, in their order in the spec.

    Whatever one raises is a SpecError at its place.
    """

    def __init__(self, called: Sequence[_Called] = ()) -> None:
        self._called = list(called)

    @classmethod
    def of(cls, spec: Spec, callbacks: Sequence[Callback] | None) -> TrainingCallbacks:
        """Those of a spec, bound to metrics; a SpecError, at one, where it has no rule."""
        called = []
        for index, callback in enumerate(callbacks or ()):
            place = spec.locate("train", "callbacks", index, callback.kind)
            with _located(callback, place):
                has_rule = callback in RULES or callback.columns()
                rule = RULES[callback](callback) if has_rule else CallbackRule()
            called.append(_Called(callback, rule, f"{index}.{callback.kind}", place))
        return cls(called)

    def begin(self, program: Program) -> None:
        """Tell all that the training begins, or goes on."""
        for callback, rule, _, place in self._called:
            with _located(callback, place):
                rule.on_train_begin(program)

    def end_epoch(self, measured: Sequence[EpochMetrics], program: Program) -> dict[str, float]:
        """Tell all of an epoch; the columns that they add to it."""
        found: dict[str, float] = {}
        for callback, rule, _, place in self._called:
            with _located(callback, place):
                values = rule.on_epoch_end(EpochContext(measured, program))
                found |= _checked_columns(callback, values)
        self._check_stops([*measured[:-1], {**measured[-1], **found}])
        return found

    def _check_stops(self, epochs: Sequence[EpochMetrics]) -> None:
        """Raise the error of a callback that cannot say whether the training ends, at its place."""
        for callback, _, _, place in self._called:
            with _located(callback, place):
                callback.stops(epochs)

    def states(self) -> CallbackStates:
        """The state of each callback that has one, by its key."""
        found = {}
        for callback, rule, key, place in self._called:
            with _located(callback, place):
                if state := rule.state():
                    found[key] = _checked_state(state)
        return found

    def set_states(self, states: CallbackStates) -> None:
        """Give each callback the state that it had."""
        for callback, rule, key, place in self._called:
            if key in states:
                with _located(callback, place):
                    rule.set_state(states[key])


@contextmanager
def _located(callback: Callback, place: SourceSpan | None) -> Iterator[None]:
    """Context that makes an error of a callback a SpecError at its place."""
    try:
        yield
    except NnspecError as error:
        raise SpecError(problem.at(place) for problem in error.problems) from None
    except Exception as error:
        message = f"{callback.kind} fails: {type(error).__name__}: {first_line(error)}"
        raise SpecError(Problem(message, place)) from error


def _checked_columns(callback: Callback, values: object) -> dict[str, float]:
    """The values of a callback's columns; an NnspecError where they are not these numbers."""
    columns, given = list(callback.columns()), values or {}
    if not isinstance(given, Mapping) or set(given) != set(columns):
        got = ", ".join(map(quoted, given)) if isinstance(given, Mapping) else quoted(given)
        listed = ", ".join(columns) or "none"
        raise NnspecError(f"{callback.kind} has the columns {listed}, and gives {got or 'none'}")
    return {name: float(given[name]) for name in columns}


def _checked_state(state: Arrays) -> Arrays:
    """The arrays of a state; an NnspecError where a checkpoint cannot hold one."""
    for name, array in state.items():
        if not isinstance(array, np.ndarray) or array.dtype.name not in _DTYPES:
            message = f"the state {quoted(name)} is no array of {', '.join(_DTYPES)}"
            raise NnspecError(message)
    return state


NO_CALLBACKS = TrainingCallbacks()
