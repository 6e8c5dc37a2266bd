"""The base class of metrics, which are reported beside the loss. Every loss is a metric too."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

from nnspec.components.targets import TargetValues
from nnspec.options.component import Component
from nnspec.options.types import Name, Shape


class Metric(Component):
    """A number computed from predictions and targets.

    A metric that is the mean of a number per row has a rule on each backend, which gives the sum
    over a batch. Any other one overrides `update`, `merge` and `result` and needs no rules: it gets
    the predictions and targets of each batch as NumPy arrays, on every backend.

    It is reported under `name`, or its kind.
    """

    family = "metric"
    lower_is_better: ClassVar[bool] = False
    targets: ClassVar[TargetValues] = "any"
    result_range: ClassVar[tuple[float, float]] = (-inf, inf)
    examples: ClassVar[tuple[Mapping[str, object], ...]] = ({},)  # options to test it with

    name: Name | None = None

    def check(self, prediction: Shape, target: Shape) -> None:
        """Raise ShapeError where predictions and targets do not fit."""

    def target_values(self, prediction: Shape, target: Shape) -> TargetValues:
        """The values that it takes as targets of these shapes."""
        return self.targets

    def threshold_of(self, prediction: Shape) -> float | None:
        """The number above which it takes an output for a yes; None where it compares outputs."""
        return None

    def update(self, predictions: Any, targets: Any) -> Any:
        """The state of a batch, of predictions and targets (rows, ...): what `result` needs.

        It is kept in checkpoints: numbers, texts, arrays of numbers, and lists, tuples, maps and
        named tuples of these; named tuples stand in the module of the metric or of its base.
        """
        raise TypeError(f"{type(self).__name__} computes nothing from predictions")

    def merge(self, first: Any, second: Any) -> Any:
        """The state of the batches of two states, the first ones first."""
        raise TypeError(f"{type(self).__name__} has no state")

    def result(self, state: Any) -> float:
        """The metric of all batches of a state."""
        raise TypeError(f"{type(self).__name__} has no state")

    @classmethod
    def __pydantic_init_subclass__(cls, kind: str = "", **options: Any) -> None:
        super().__pydantic_init_subclass__(kind, **options)
        missing = [
            name for name in ("merge", "result") if getattr(cls, name) is getattr(Metric, name)
        ]
        if cls.has_state() and missing:
            raise TypeError(f"{cls.__name__} has update, and lacks {' and '.join(missing)}")

    @classmethod
    def has_state(cls) -> bool:
        """Whether it is computed from states on the host, and not by a rule of the backend."""
        return cls.update is not Metric.update
