"""Calls of all trackers of a run; one that fails is noted and called no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from nnspec.components.trackers.base import Tracker
from nnspec.errors import NnspecError, Problem, SpecError
from nnspec.options.rules import Rules
from nnspec.runs.tracking.base import TrackedEpoch, TrackedRun, TrackerWriter
from nnspec.spec.document import Spec
from nnspec.system_errors import first_line

WRITERS: Rules[Callable[[Tracker], TrackerWriter]] = Rules(
    "tracking", "tracker", "nnspec.runs.tracking", {
        "mlflow": "mlflow:MLflowWriter",
        "tensorboard": "tensorboard:TensorBoardWriter",
    },
)  # fmt: skip
OnNote = Callable[[str], None]


class Trackers:
    """The writers of the trackers that a spec names; `on_note` is told of those that fail."""

    def __init__(self, spec: Spec, on_note: OnNote) -> None:
        """Raises SpecError, at the tracker, where a package that one needs is missing."""
        self.spec, self.on_note = spec, on_note
        self.writers: list[tuple[str, TrackerWriter]] = []
        for index, tracker in enumerate(spec.track):
            with self._located(index, tracker.kind):
                self.writers.append((tracker.kind, WRITERS[tracker](tracker)))

    def begin(self, run: TrackedRun) -> None:
        """Begin all; a SpecError, at the tracker, where one cannot: those before it are ended."""
        waiting, self.writers = self.writers, []
        try:
            for index, (kind, writer) in enumerate(waiting):
                with self._located(index, kind):
                    writer.begin(run)
                self.writers.append((kind, writer))
        except BaseException:
            self.end({}, "failed")
            raise

    @contextmanager
    def _located(self, index: int, kind: str) -> Iterator[None]:
        """Context that gives an error the place of a tracker."""
        try:
            yield
        except NnspecError as error:
            problem, where = error.problems[0], self.spec.locate("track", index, kind)
            raise SpecError(Problem(problem.message, where, problem.hint)) from None

    def end_epoch(self, epoch: TrackedEpoch) -> None:
        """Tell all of an epoch."""
        self._tell(lambda writer: writer.end_epoch(epoch))

    def end(self, figures: Mapping[str, float], status: str) -> None:
        """Tell all of the end."""
        self._tell(lambda writer: writer.end(figures, status))

    def _tell(self, call: Callable[[TrackerWriter], None]) -> None:
        """Call each writer; one that raises is told of and called no more."""
        for kind, writer in list(self.writers):
            try:
                call(writer)
            except Exception as error:
                self.on_note(f"{kind} fails, and is left out: {first_line(error)}")
                self.writers.remove((kind, writer))


def flat_options(values: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a resolved spec that are no maps or lists of maps, by their paths."""
    items: Sequence[tuple[Any, Any]] = ()
    if isinstance(values, Mapping):
        items = list(values.items())
    elif isinstance(values, list) and any(isinstance(value, Mapping) for value in values):
        items = list(enumerate(values))
    else:
        yield path, values
    for key, value in items:
        yield from flat_options(value, f"{path}.{key}" if path else str(key))
