"""The error of a training that diverged."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nnspec.errors import Problem, SpecError


class DivergedError(SpecError):
    """A training that diverged; `diagnosis` is what `run --json` prints of the cause."""

    def __init__(self, problem: Problem, diagnosis: Mapping[str, Any]) -> None:
        super().__init__(problem)
        self.diagnosis = diagnosis

    def __reduce__(self) -> tuple[Any, ...]:  # with both arguments, unlike that of an exception
        return type(self), (self.problems[0], self.diagnosis)
