"""A training session: spec, data, graph and program, made ready for training."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nnspec.backends import discovery
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.least_squares import LeastSquares
from nnspec.components.optimizers.sgd import SGD
from nnspec.compute import ComputeConfig
from nnspec.data import splits
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits
from nnspec.errors import Problem, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.document import Spec
from nnspec.training.data_checks import check_expected_splits, checked_rows
from nnspec.training.least_squares.program import LeastSquaresProgram
from nnspec.training.memory_check import check_memory
from nnspec.training.rule_check import check_rules


class TrainingSession(NamedTuple):
    """Everything that training needs, made ready: nothing in it can be a user's mistake."""

    spec: Spec
    graph: Graph
    program: Program
    parts: Splits
    preparation: FittedPreprocessing
    data_sha256: str

    @classmethod
    def prepare(
        cls, spec: Spec, compute: ComputeConfig, load: Callable[[Spec], Splits] = splits.load_splits
    ) -> TrainingSession:
        """Compile the spec, read and prepare the data, build the program with its first weights.

        `load` gives the raw rows; the preparation is fitted on those for training alone.
        """
        compute = compute._replace(seed=spec.train.seed)
        graph, setup = compile_spec(spec), training_setup(spec)
        check_rules(spec, graph, compute)
        _refuse_giants(spec, graph, setup, compute, rows=0)
        program = discovery.build_program(graph, setup, compute)
        if isinstance(spec.optimizer, LeastSquares):
            program = LeastSquaresProgram(program, graph, setup.loss, compute.precision)
        raw = load(spec)
        there = [part for part in ("train", "test") if getattr(raw, part) is not None]
        check_expected_splits(spec, there)
        _refuse_giants(spec, graph, setup, compute, _largest_batch(spec, raw.train.rows))
        preparation = FittedPreprocessing.fit(spec, raw.train)
        parts = raw.map(lambda table: checked_rows(preparation.apply(table), spec, graph, compute))
        program.set_weights(initial_weights(graph, spec.train.seed))
        return cls(spec, graph, program, parts, preparation, splits.data_sha256(raw))


def training_setup(spec: Spec) -> TrainingSetup:
    """The loss, optimizer and metrics; a SpecError where the spec has no loss or optimizer."""
    missing = [key for key in ("loss", "optimizer") if getattr(spec, key) is None]
    if missing or spec.loss is None or spec.optimizer is None:
        hints = {"loss": "mean_squared_error", "optimizer": "{sgd: {learning_rate: 0.01}}"}
        raise SpecError(
            Problem(f"the spec has no {key}", hint=f"add {key}: {hints[key]}") for key in missing
        )
    # A closed form takes a program's gradients and figures, never its updates.
    optimizer = spec.optimizer if isinstance(spec.optimizer, Optimizer) else SGD()
    return TrainingSetup(spec.loss, optimizer, spec.metrics)


def _largest_batch(spec: Spec, rows: int) -> int:
    size = spec.train.batch_size
    return rows if size == "all" else min(size, rows)


def _refuse_giants(
    spec: Spec, graph: Graph, setup: TrainingSetup, compute: ComputeConfig, rows: int
) -> None:
    """On the CPU weights, gradients and slots stand beside what is read from them and written.

    That is a copy of weights and slots, and the bytes of a file; elsewhere it is all there is.
    """
    here = compute.device == "cpu"
    slots = len(setup.optimizer.slots)
    copies = 2 * (1 + slots) + (2 + slots if here else 0)
    check_memory(spec, graph, copies, rows if here else 0, compute.dtype.itemsize)
