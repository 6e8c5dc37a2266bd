"""What a spec must say for its data to be streamed."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.errors import Problem, SpecError
from nnspec.spec.document import Spec


def is_streamed(spec: Spec) -> bool:
    """Whether the inputs stay in files."""
    return spec.data is not None and spec.data.stream


def check_streamed(spec: Spec) -> None:
    """Raise SpecError where streamed rows would all have to be in memory."""
    problems = list(_problems(spec)) if is_streamed(spec) else []
    if problems:
        raise SpecError(problems)


def _problems(spec: Spec) -> Iterator[Problem]:
    train, place = spec.train, spec.locate_key("data", "stream")
    if train.shuffle and train.shuffle_window is None:
        hint = "write train: {shuffle_window: 100000}, or how many rows fit into memory twice"
        yield Problem("to shuffle streamed rows a window is needed", place, hint)
    if train.batch_size == "all":
        yield Problem("a batch of all rows cannot be streamed", spec.locate("train", "batch_size"))
    if isinstance(spec.optimizer, LeastSquares):
        yield Problem("least_squares needs all rows in memory", spec.locate("optimizer"))
    if spec.data and spec.data.leaks == "error":
        message = "leaks between streamed rows are not looked for"
        yield Problem(message, spec.locate("data", "leaks"), "take stream out, or leaks: error")
