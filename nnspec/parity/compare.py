"""Comparison of backends: train a spec on each from the same weights, update by update.

Every backend trains in its own process on the batches that `run` would use. Losses and weights are
compared after each update, outputs and gradients of the next batch before some of them, metrics at
the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from nnspec.backends.contract import Indices, Weights
from nnspec.compute import Precision
from nnspec.errors import SpecError
from nnspec.parity.worker import Probe, ProgramProcess
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.training.data_shapes import compile_with_data
from nnspec.training.divergence import divergence_problem
from nnspec.training.session import training_setup
from nnspec.training.step_callback import OnSteps, ignore_steps

Processes = Mapping[str, ProgramProcess]  # by backend; the first is the reference


class Tolerance(NamedTuple):
    """The largest relative differences that count as rounding."""

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
    # bfloat16 numbers are 2^-8 apart; a gradient whose terms nearly cancel keeps one digit
    "mixed_bfloat16": Tolerance(0.0, 2.0**-5, 0.5, 2.0**-6, 2.0**-5),
}


class Difference(NamedTuple):
    """The first place where a backend differs by more than rounding."""

    step: int  # number of updates before it
    what: str
    name: str  # of the weight, the output or the loss
    amount: float


class Comparison(NamedTuple):
    """The largest relative differences of a backend from the reference."""

    weights0: float = 0.0
    forward: float = 0.0
    gradient: float = 0.0
    loss: float = 0.0
    weights: float = 0.0
    accuracy: float | None = None  # absolute difference of the final accuracy
    first_difference: Difference | None = None
    weights_sha256: str = ""
    metrics: Mapping[str, float] = MappingProxyType({})  # absolute difference of each final metric

    def plain(self) -> dict[str, Any]:
        """A backend's entry in `parity --json`."""
        first = self.first_difference
        metrics = dict(self.metrics)
        return {**self._asdict(), "first_difference": first and first._asdict(), "metrics": metrics}


class Parity(NamedTuple):
    """Result of a comparison."""

    reference: str
    precision: Precision
    steps: int
    weights_sha256: str  # of the reference
    figures: dict[str, dict[str, float]]  # final metrics: backend -> metric -> value
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
    on_steps: OnSteps,
) -> Parity:
    """Train on each backend; the first is the reference. `steps` None means the whole training.

    Raises SpecError if all agree and their training diverges.
    """
    training_setup(spec, compile_with_data(spec))  # its errors come before any process starts
    with program_processes(backends) as processes:
        return compare_programs(processes, spec, precision, steps, on_steps)


@contextmanager
def program_processes(backends: Sequence[str]) -> Iterator[Processes]:
    """A process for the programs of each backend, which end with the context."""
    with ExitStack() as stack:
        processes = {name: ProgramProcess(name) for name in backends}
        for process in processes.values():
            stack.callback(process.close)
        yield processes


def compare_programs(
    processes: Processes,
    spec: Spec,
    precision: Precision,
    steps: int | None,
    on_steps: OnSteps = ignore_steps,
) -> Parity:
    """What `compare_backends` does, in processes that can serve several comparisons in turn."""
    for process in processes.values():
        process.prepare(spec, precision)
    for process in processes.values():
        process.answer()
    return _Comparer(spec, processes, precision).run(steps, on_steps)


class _Comparer:
    """Sends the same requests to all workers, and records the largest differences."""

    def __init__(self, spec: Spec, workers: Processes, precision: Precision) -> None:
        self.spec, self.workers, self.precision = spec, workers, precision
        self.reference, *self.others = workers
        self.tolerance = TOLERANCES[precision]
        self.comparisons = {name: Comparison() for name in self.others}

    def run(self, steps: int | None, on_steps: OnSteps) -> Parity:
        """Train on all workers, comparing them."""
        self.compare_weights("weights0", 0, self.ask("weights"))
        batches = self.batches(steps)
        weights: dict[str, Weights] = {}
        for step, batch in enumerate(batches):
            if _is_probed(step):
                self.compare_probes(step, self.ask("probe", batch))
            answers = self.ask("update", batch)
            losses = {name: found for name, (found, _) in answers.items()}
            self.compare_losses(step, losses)
            self.check_divergence(losses, f"at update {step + 1:,}")
            weights = {name: after for name, (_, after) in answers.items()}
            self.compare_weights("weights", step, weights)
            on_steps(step + 1, len(batches))
        return self.result(len(batches), weights or self.ask("weights"))

    def batches(self, steps: int | None) -> list[Indices]:
        """The first `steps` batches of the training, or all; the same for all workers."""
        worker = self.workers[self.reference]
        worker.ask("batches", steps)
        batches: list[Indices] = worker.answer()
        return batches

    def ask(self, method: str, *arguments: Any) -> dict[str, Any]:
        """Call a method of every worker's server, concurrently; results by backend."""
        for worker in self.workers.values():
            worker.ask(method, *arguments)
        return {name: worker.answer() for name, worker in self.workers.items()}

    def compare_weights(self, what: str, step: int, weights: Mapping[str, Weights]) -> None:
        """Compare weights, relative to the largest weight of the model."""
        expected = weights[self.reference]
        scale = max(
            (float(np.abs(array).max(initial=0)) for array in expected.values()), default=1.0
        )
        for backend in self.others:
            for name, array in expected.items():
                difference = _largest(weights[backend][name], array)
                self.note(backend, what, step, name, _ratio(difference, scale))

    def compare_probes(self, step: int, probes: Mapping[str, Probe]) -> None:
        """Compare outputs and gradients, relative to the largest output and gradient component."""
        expected = probes[self.reference]
        for backend in self.others:
            outputs, gradients = probes[backend]
            for name, output in expected.outputs.items():
                label = name if len(outputs) > 1 else "output"
                self.note(backend, "forward", step, label, _relative(outputs[name], output))
            largest = max(float(np.abs(g).max(initial=0)) for g in expected.gradients.values())
            for name, gradient in expected.gradients.items():
                difference = _largest(gradients[name], gradient)
                self.note(backend, "gradient", step, name, _ratio(difference, largest or 1.0))

    def compare_losses(self, step: int, losses: Mapping[str, Mapping[str, float]]) -> None:
        """Compare the total loss and each output's, relative to the reference's."""
        for name, expected in losses[self.reference].items():
            for backend in self.others:
                self.note(backend, "loss", step, name, _relative(losses[backend][name], expected))

    def check_divergence(self, metrics: Mapping[str, Mapping[str, float]], when: str) -> None:
        """Raise SpecError if no backend has a finite loss, and none has differed before."""
        agree = all(one.first_difference is None for one in self.comparisons.values())
        if agree and not any(np.isfinite(one["loss"]) for one in metrics.values()):
            message = f"the loss is not finite {when}, and until then the backends agree"
            raise SpecError(divergence_problem(self.spec, message, "lower the learning rate"))

    def note(self, backend: str, what: str, step: int, name: str, amount: float) -> None:
        """Record a difference if it is the largest, or the first beyond rounding."""
        found = self.comparisons[backend]
        if not amount <= getattr(found, what):  # NaN is a difference too
            found = found._replace(**{what: amount})  # type: ignore[arg-type]
        if found.first_difference is None and not amount <= getattr(self.tolerance, what):
            found = found._replace(first_difference=Difference(step, what, name, amount))
        self.comparisons[backend] = found

    def result(self, steps: int, weights: Mapping[str, Weights]) -> Parity:
        """The result, with the final metrics and the hashes of the weights."""
        metrics = self.ask("metrics")
        self.check_divergence(metrics, f"after update {steps:,}")
        hashes = {name: weights_sha256(final) for name, final in weights.items()}
        expected, found = hashes[self.reference], self.comparisons
        for name in self.others:
            differences = _differences(metrics[name], metrics[self.reference])
            found[name] = found[name]._replace(
                accuracy=differences.get("accuracy"), metrics=differences,
                weights_sha256=hashes[name],
            )  # fmt: skip
            if self.precision == "exact" and hashes[name] != expected:
                found[name] = _with_unequal_weights(found[name], steps)
        return Parity(self.reference, self.precision, steps, expected, metrics, found)


def _differences(found: Mapping[str, float], expected: Mapping[str, float]) -> dict[str, float]:
    """|found - expected| of each metric."""
    return {name: _largest(found[name], value) for name, value in expected.items()}


def _with_unequal_weights(found: Comparison, steps: int) -> Comparison:
    """A comparison in `exact` precision whose final weights are not bitwise equal."""
    last = Difference(steps, "weights", "all (SHA-256)", found.weights)
    return found._replace(first_difference=found.first_difference or last)


def _is_probed(step: int) -> bool:
    """Whether outputs and gradients are compared: at steps 0 to 9, and 1, 2 and 5 times 10^k."""
    return step < 10 or str(step).rstrip("0") in {"1", "2", "5"}


def _largest(found: ArrayLike, expected: ArrayLike) -> float:
    """max |found - expected|; infinities and NaN that are the same on both sides differ by 0."""
    one, other = np.asarray(found, np.float64), np.asarray(expected, np.float64)
    same = (one == other) | (np.isnan(one) & np.isnan(other))
    with np.errstate(invalid="ignore"):
        return float(np.where(same, 0.0, np.abs(one - other)).max(initial=0))


def _relative(found: ArrayLike, expected: ArrayLike) -> float:
    """max |found - expected| / max |expected|."""
    scale = max(float(np.abs(expected).max(initial=0)), 1e-12)
    return _ratio(_largest(found, expected), scale)


def _ratio(difference: float, scale: float) -> float:
    """A difference relative to a scale, which may be no finite number."""
    return difference / scale if difference else 0.0
