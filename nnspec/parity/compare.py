"""The same spec on several backends, compared update by update from the same start.

Every backend trains in a process of its own on the batches that `run` would use. After each
update losses and all weights are compared, at some updates also the outputs and every gradient
of the batch to come; at the end the metrics.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.contract import Array, Indices, Weights
from nnspec.compute import ComputeConfig, Precision
from nnspec.graph.compile import compile_spec
from nnspec.parity.worker import Probe, ProgramProcess
from nnspec.runs.checkpoint import weights_sha256
from nnspec.spec.document import Spec
from nnspec.training.loop import epoch_batches
from nnspec.training.session import training_setup

ProgressCallback = Callable[[int, int], None]  # updates done, of how many


class Tolerance(NamedTuple):
    """The largest relative differences that are called rounding."""

    weights0: float
    forward: float
    gradient: float
    loss: float
    weights: float


# exact: a sum that ends near the middle between two float32 numbers may be rounded to either; such
# a weight is one grid step off until an update brings it back. At the end all bits must be equal.
TOLERANCES: dict[Precision, Tolerance] = {
    "exact": Tolerance(0.0, 1e-10, 1e-8, 1e-12, 2.0**-24),
    "float64": Tolerance(0.0, 1e-10, 1e-8, 1e-12, 1e-10),
    "float32": Tolerance(0.0, 1e-4, 1e-3, 2e-6, 1e-5),
}


class Difference(NamedTuple):
    """Where two backends first differ by more than rounding."""

    step: int  # updates made before
    what: str
    name: str  # of the weight, or of the figure
    amount: float


class Comparison(NamedTuple):
    """The largest relative differences of a backend from the reference."""

    weights0: float = 0.0
    forward: float = 0.0
    gradient: float = 0.0
    loss: float = 0.0
    weights: float = 0.0
    accuracy: float | None = None  # absolute, of the accuracy at the end
    first_difference: Difference | None = None
    weights_sha256: str = ""

    def plain(self) -> dict[str, Any]:
        """A backend's entry in `parity --json`."""
        first = self.first_difference
        return {**self._asdict(), "first_difference": first and first._asdict()}


class Parity(NamedTuple):
    """What a comparison gave."""

    reference: str
    precision: Precision
    steps: int
    weights_sha256: str  # of the reference
    figures: dict[str, dict[str, float]]  # backend -> figure -> value, at the end
    backends: dict[str, Comparison]

    @property
    def agree(self) -> bool:
        """Whether no backend differs by more than rounding."""
        return all(one.first_difference is None for one in self.backends.values())

    def plain(self) -> dict[str, Any]:
        """The keys of `parity --json`."""
        backends = {name: one.plain() for name, one in self.backends.items()}
        return {**self._asdict(), "backends": backends, "agree": self.agree}


def compare_backends(
    spec: Spec,
    backends: Sequence[str],
    precision: Precision,
    steps: int | None,
    told: ProgressCallback,
) -> Parity:
    """Train on each backend; the first is the reference. `steps` None means the whole training."""
    compile_spec(spec), training_setup(spec)  # mistakes of the spec are met before any process
    with ExitStack() as stack:
        workers = {name: _worker(spec, ComputeConfig(name, precision), stack) for name in backends}
        for worker in workers.values():
            worker.answer()  # the program is ready
        return _Comparer(spec, workers, precision).run(steps, told)


def _worker(spec: Spec, compute: ComputeConfig, stack: ExitStack) -> ProgramProcess:
    worker = ProgramProcess(spec.plain(), spec.folder, compute)
    stack.callback(worker.close)
    return worker


class _Comparer:
    """Asks all workers the same questions and keeps the largest differences."""

    def __init__(
        self, spec: Spec, workers: Mapping[str, ProgramProcess], precision: Precision
    ) -> None:
        self.spec, self.workers, self.precision = spec, workers, precision
        self.reference, *self.others = workers
        self.tolerance = TOLERANCES[precision]
        self.found = {name: Comparison() for name in self.others}

    def run(self, steps: int | None, told: ProgressCallback) -> Parity:
        self.compare_weights("weights0", 0, self.ask("weights"))
        batches = list(self.batches(steps))
        weights: dict[str, Weights] = {}
        for step, batch in enumerate(batches):
            if _probed(step):
                self.compare_probes(step, self.ask("probe", batch))
            answers = self.ask("update", batch)
            self.compare_losses(step, {name: loss for name, (loss, _) in answers.items()})
            weights = {name: after for name, (_, after) in answers.items()}
            self.compare_weights("weights", step, weights)
            told(step + 1, len(batches))
        return self.result(len(batches), weights or self.ask("weights"))

    def batches(self, steps: int | None) -> Iterator[Indices]:
        """The batches of the training, epoch after epoch, `steps` of them."""
        rows = int(self.ask("rows")[self.reference])
        given = (
            batch
            for epoch in range(1, self.spec.train.epochs + 1)
            for batch in epoch_batches(rows, self.spec.train, epoch)
        )
        return (batch for _, batch in zip(range(steps), given, strict=False)) if steps else given

    def ask(self, question: str, *arguments: Any) -> dict[str, Any]:
        """Every worker's answer; they work on it at the same time."""
        for worker in self.workers.values():
            worker.ask(question, *arguments)
        return {name: worker.answer() for name, worker in self.workers.items()}

    def compare_weights(self, what: str, step: int, weights: Mapping[str, Weights]) -> None:
        """Relative to the model's largest weight."""
        expected = weights[self.reference]
        scale = max(
            (float(np.abs(array).max(initial=0)) for array in expected.values()), default=1.0
        )
        for backend in self.others:
            for name, array in expected.items():
                self.note(
                    backend, what, step, name, _largest(weights[backend][name], array) / scale
                )

    def compare_probes(self, step: int, probes: Mapping[str, Probe]) -> None:
        """Relative to the largest output, and to the largest number of each gradient."""
        expected = probes[self.reference]
        for backend in self.others:
            outputs, gradients = probes[backend]
            self.note(backend, "forward", step, "output", _relative(outputs, expected.outputs))
            largest = max(float(np.abs(g).max(initial=0)) for g in expected.gradients.values())
            for name, gradient in expected.gradients.items():
                off = _largest(gradients[name], gradient) / (largest or 1.0)
                self.note(backend, "gradient", step, name, off)

    def compare_losses(self, step: int, losses: Mapping[str, float]) -> None:
        """Relative to the loss."""
        expected = losses[self.reference]
        for backend in self.others:
            off = abs(losses[backend] - expected) / max(abs(expected), 1e-12)
            self.note(backend, "loss", step, "loss", off)

    def note(self, backend: str, what: str, step: int, name: str, off: float) -> None:
        """Keep a difference where it is the largest, or the first beyond rounding."""
        found = self.found[backend]
        if not off <= getattr(found, what):  # NaN is a difference too
            found = found._replace(**{what: off})  # type: ignore[arg-type]
        if found.first_difference is None and not off <= getattr(self.tolerance, what):
            found = found._replace(first_difference=Difference(step, what, name, off))
        self.found[backend] = found

    def result(self, steps: int, weights: Mapping[str, Weights]) -> Parity:
        figures = self.ask("figures")
        shas = {name: weights_sha256(of) for name, of in weights.items()}
        for name in self.others:
            off = None
            if "accuracy" in figures[name]:
                off = abs(figures[name]["accuracy"] - figures[self.reference]["accuracy"])
            self.found[name] = self.found[name]._replace(accuracy=off, weights_sha256=shas[name])
            if self.precision == "exact" and shas[name] != shas[self.reference]:
                self.found[name] = _unequal(self.found[name], steps)
        return Parity(
            self.reference, self.precision, steps, shas[self.reference], figures, self.found
        )


def _unequal(found: Comparison, steps: int) -> Comparison:
    """Weights that are not the same to the last bit at the end, where `exact` promises it."""
    bits = Difference(steps, "weights", "all (SHA-256)", found.weights)
    return found._replace(first_difference=found.first_difference or bits)


def _probed(step: int) -> bool:
    """The first ten updates, then 1, 2 and 5 times each power of ten."""
    return step < 10 or str(step).rstrip("0") in {"1", "2", "5"}


def _largest(found: Array, expected: Array) -> float:
    """The largest absolute difference."""
    return float(np.abs(found.astype(np.float64) - expected).max(initial=0))


def _relative(found: Array, expected: Array) -> float:
    return _largest(found, expected) / max(float(np.abs(expected).max(initial=0)), 1e-12)
