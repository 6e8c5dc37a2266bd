"""Preparation of training: compiled graph, initialized program, preprocessed data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from nnspec.backends.arrays import NO_ARRAYS, Arrays
from nnspec.backends.contract import Program, TrainingSetup
from nnspec.components.optimizers.base import Optimizer
from nnspec.components.optimizers.sgd import SGD
from nnspec.components.sources.base import DataSpec
from nnspec.compute import ComputeConfig, with_spec_seed
from nnspec.data.dataset import Dataset, PreparedSplits
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits, data_sha256, load_splits
from nnspec.errors import Problem, SpecError, check_type
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.monitors import bound_optimizer, bound_training
from nnspec.graph.objectives import objectives
from nnspec.randomness.initial_weights import initial_weights
from nnspec.spec.document import Spec
from nnspec.spec.loader import SPEC_HINT
from nnspec.spec.train_options import TrainOptions
from nnspec.training.balance import UNIFORM, Balance
from nnspec.training.batch_plan import BatchPlan
from nnspec.training.behaviour.trained_model import BehaviourData
from nnspec.training.callbacks.training_callbacks import TrainingCallbacks
from nnspec.training.leaks.rules import leaks
from nnspec.training.memory_check import MemoryNeed, check_memory
from nnspec.training.monitor_check import check_monitored
from nnspec.training.part_sizes import PartSizes, part_sizes
from nnspec.training.precision_check import check_precision
from nnspec.training.preparation import Preparation
from nnspec.training.prepared_data import LoadSplits, PreparedData, load_raw, read_for_shapes
from nnspec.training.programs import training_program
from nnspec.training.rule_check import check_rules
from nnspec.training.stream_check import check_streamed

_NUMPY = ComputeConfig()


class TrainingSession(NamedTuple):
    """All inputs of the training loop, already checked against the spec."""

    spec: Spec
    graph: Graph
    program: Program
    splits: PreparedSplits
    preprocessing: FittedPreprocessing
    data_sha256: str
    data_spec: DataSpec  # of the raw rows
    training: Dataset  # the training rows with their augmentation
    part_sizes: PartSizes
    leaks: list[Problem]  # advice on them
    options: TrainOptions  # with what they monitor resolved
    balance: Balance = UNIFORM  # of the training rows
    initial_weights: Mapping[str, object] | None = None  # from which run, where they are of one
    given_weights: Arrays = NO_ARRAYS  # of that run, those with which the training begins
    raw: Splits | None = None  # the raw rows, where the behaviour with them is tested

    @classmethod
    def prepare(
        cls, spec: Spec, compute: ComputeConfig = _NUMPY,
        load: LoadSplits = load_splits,
        on_compiled: Callable[[Graph], None] = lambda _: None,
    ) -> TrainingSession:  # fmt: skip
        """Compile the spec, load and preprocess the data, build and initialize the program.

        `load` returns the raw rows; preprocessing is fitted on the training rows only.
        `on_compiled` is called before anything is drawn or read.
        """
        check_type(spec, Spec, SPEC_HINT)
        compute = with_spec_seed(compute, spec.train.seed)
        spec, read = read_for_shapes(spec, load)
        graph = compile_spec(spec)
        setup = training_setup(spec, graph)
        check_rules(spec, graph, compute)
        check_streamed(spec)
        check_precision(spec, compute)
        on_compiled(graph)
        check_memory(spec, training_memory(spec, graph, setup, compute, rows=0))
        program = training_program(spec, graph, setup, compute)
        raw = read.raw if read else load_raw(spec, load)
        options = bound_training(spec, setup.objectives)
        check_monitored(spec, setup.optimizer, options, raw)
        sizes, found = part_sizes(spec, graph, raw), leaks(spec, raw)
        rows = _batch_rows(spec, raw.train.rows)
        check_memory(spec, training_memory(spec, graph, setup, compute, rows))
        splits, preprocessing, training = PreparedData.of(
            raw, spec, graph, compute, read.fitted if read else None
        )
        balance = Balance.of(splits.train, preprocessing, spec, graph, compute)
        program.set_weights(initial_weights(graph, spec.train.seed))
        kept = raw if spec.expect and spec.expect.behaviour else None
        data = data_sha256(raw), raw.train.data_spec(), training, sizes, found, options, balance
        session = cls(spec, graph, program, splits, preprocessing, *data, raw=kept)
        _check_behaviour(session, compute)
        return session

    @property
    def batch_plan(self) -> BatchPlan:
        """Which batches are trained on, and which of them are an epoch."""
        return BatchPlan(self.training.rows, self.options, self.balance.classes)

    def callbacks(self) -> TrainingCallbacks:
        """New callbacks of a training; a SpecError, at one, where it has no rule."""
        return TrainingCallbacks.of(self.spec, self.options.callbacks)

    def memory(self, compute: ComputeConfig) -> MemoryNeed:
        """The memory that the training needs at least."""
        setup = training_setup(self.spec, self.graph)
        return training_memory(
            self.spec, self.graph, setup, compute, _batch_rows(self.spec, self.training.rows)
        )

    def behaviour_data(self, compute: ComputeConfig) -> BehaviourData | None:
        """The rows that the network's behaviour is tested with; None where it is not."""
        if self.raw is None:
            return None
        preparation = Preparation(self.preprocessing, self.spec, self.graph, compute)
        return BehaviourData(self.spec, self.graph, compute, preparation, self.raw, self.splits)


def _check_behaviour(session: TrainingSession, compute: ComputeConfig) -> None:
    """Raise SpecError where the data lack what the network's behaviour is tested with."""
    data = session.behaviour_data(compute)
    if data is not None:
        from nnspec.training.behaviour.checks import check_behaviour_data  # few specs have it

        check_behaviour_data(data)


def training_setup(spec: Spec, graph: Graph) -> TrainingSetup:
    """The objectives and the optimizer; a SpecError if the spec has no loss or optimizer."""
    missing = [key for key in ("loss", "optimizer") if not getattr(spec, key)]
    if missing or spec.optimizer is None:
        hints = {"loss": "mean_squared_error", "optimizer": "{sgd: {learning_rate: 0.01}}"}
        place = spec.place_of_missing()
        raise SpecError(
            Problem(f"the spec has no {key}", place, f"add {key}: {hints[key]}") for key in missing
        )
    targets = objectives(spec, graph)
    # A closed form uses the program's gradients and metrics, never its updates.
    optimizer = spec.optimizer if isinstance(spec.optimizer, Optimizer) else SGD()
    bound = bound_optimizer(spec, optimizer, targets)
    return TrainingSetup(targets, bound, spec.train.micro_batch)


def _batch_rows(spec: Spec, rows: int) -> int:
    """The rows of the largest batch, or of the part of it that is computed at a time."""
    size, part = spec.train.batch_size, spec.train.micro_batch
    whole = rows if size == "all" else min(size, rows)
    return min(part or whole, whole)


def training_memory(
    spec: Spec, graph: Graph, setup: TrainingSetup, compute: ComputeConfig, rows: int
) -> MemoryNeed:
    """The host memory that training on batches of so many rows needs at least.

    Saving a checkpoint needs a copy of weights and slots. On the CPU, weights, gradients, slots
    and activations are in the same memory.
    """
    on_cpu = compute.device == "cpu"
    slots = len(setup.optimizer.state_slots)
    kept = spec.train.restores_best + spec.train.keeps_best
    copies = 1 + slots + kept + (2 + slots if on_cpu else 0)
    return MemoryNeed.of(graph, copies, rows if on_cpu else 0, compute.dtype.itemsize)
