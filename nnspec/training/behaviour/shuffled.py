"""The rule of shuffled_targets: a new network, trained on targets that belong to other rows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nnspec.backends.arrays import Values, take
from nnspec.backends.contract import Indices, Program
from nnspec.components.behaviour.trainings import ShuffledTargets
from nnspec.data.dataset import in_memory
from nnspec.data.rows import Rows
from nnspec.randomness import philox
from nnspec.spec.train_options import TrainOptions
from nnspec.training.balance import Balance
from nnspec.training.behaviour.trained_model import BehaviourRule, Outcome, TrainedModel
from nnspec.training.loop import DivergenceError, Progress, evaluate, train_epochs
from nnspec.training.programs import initial_program
from nnspec.training.session import training_setup

_SHUFFLES = 5  # of the test targets


def _evaluate(behaviour: ShuffledTargets, model: TrainedModel) -> Outcome:
    try:
        program = _trained(model)
    except DivergenceError as error:
        return Outcome(float("nan"), "at_least", float("nan"), str(error))
    test = in_memory(model.data.test)
    loss = evaluate(program, test, model.should_stop)["loss"]
    chance = float(np.mean([_shuffled_loss(program, test, i, model) for i in range(_SHUFFLES)]))
    detail = f"trained on shuffled targets: test loss {loss:.4g}, by chance {chance:.4g}"
    return Outcome(loss, "at_least", (1 - behaviour.tolerance) * chance, detail)


def _trained(model: TrainedModel) -> Program:
    """A new network, trained as the spec says on shuffled targets."""
    data = model.data
    spec, graph, preparation = data.spec, data.graph, data.preparation
    program = initial_program(spec, graph, training_setup(spec, graph), data.compute)
    raw = data.raw.train
    rows = preparation.training(shuffled_rows(raw, _order(raw.rows, "train", model)))
    balance = Balance.of(rows.evaluated, preparation.preprocessing, spec, graph, data.compute)

    def on_progress(progress: Progress) -> None:
        model.on_steps(progress.step, progress.steps)

    for _ in train_epochs(
        program, rows.augmented, _options(model), on_progress, model.should_stop,
        data.splits.validation, balance=balance,
    ):  # fmt: skip
        pass
    return program


def _options(model: TrainedModel) -> TrainOptions:
    """The spec's, without what ends a training that learns nothing; of one that had a time budget
    the updates that it made.
    """
    options = model.data.spec.train.replace(early_stopping=None, callbacks=None)
    if options.time_budget is None:
        return options
    made = model.program.state().step
    limit = {"epochs": None, "steps": made} if made else {}
    return options.replace(time_budget=None, **limit)


def shuffled_rows(rows: Rows, order: Indices) -> Rows:
    """Rows with the targets of others; a column that is a target goes with it among the inputs."""
    inputs: Values = rows.inputs
    if isinstance(inputs, Mapping) and isinstance(rows.targets, Mapping):
        moved = inputs.keys() & rows.targets.keys()
        inputs = {name: a[order] if name in moved else a for name, a in inputs.items()}
    return rows._replace(inputs=inputs, targets=take(rows.targets, order))


def _shuffled_loss(program: Program, test: Rows, number: int, model: TrainedModel) -> float:
    """The loss of the test rows with the targets of others."""
    targets = take(test.targets, _order(test.rows, f"test {number}", model))
    return evaluate(program, test._replace(targets=targets), model.should_stop)["loss"]


def _order(rows: int, part: str, model: TrainedModel) -> Indices:
    return philox.permutation(rows, model.data.spec.train.seed, "shuffled_targets", part)


shuffled_targets = BehaviourRule(_evaluate)
