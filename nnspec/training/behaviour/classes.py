"""The rules of a classifier's classes: the least recall, and the least share of predictions."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nnspec.backends.arrays import Array, named
from nnspec.backends.contract import Indices
from nnspec.components.behaviour.base import OutputBehaviour
from nnspec.components.behaviour.classes import ClassRecall, PredictedShare
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.inverse import category_names
from nnspec.graph.behaviour import Locate, output_of
from nnspec.graph.class_weights import class_names
from nnspec.graph.objectives import Objective, objectives
from nnspec.training.behaviour.trained_model import (
    BehaviourData,
    BehaviourRule,
    Outcome,
    TrainedModel,
)
from nnspec.training.class_counts import row_classes


class _Classes(NamedTuple):
    """The names of an output's classes, and of each test row the true and the predicted class."""

    names: tuple[str, ...]
    true: Indices
    predicted: Indices

    def counts(self, classes: Indices) -> Array:
        """How many rows are of each class."""
        counts: Array = np.bincount(classes, minlength=len(self.names))
        return counts


def _recall(behaviour: ClassRecall, model: TrainedModel) -> Outcome:
    classes = _classes(behaviour, model)
    right = classes.counts(classes.true[classes.true == classes.predicted])
    rows = classes.counts(classes.true)
    recalls = right / np.maximum(rows, 1)
    worst = int(np.argmin(recalls))
    detail = (
        f"class {classes.names[worst]}: {right[worst]:,} of {rows[worst]:,} test rows are right"
    )
    return Outcome(float(recalls[worst]), "at_least", behaviour.at_least, detail)


def _share(behaviour: PredictedShare, model: TrainedModel) -> Outcome:
    classes = _classes(behaviour, model)
    predicted = classes.counts(classes.predicted)
    worst, rows = int(np.argmin(predicted)), len(classes.true)
    detail = f"class {classes.names[worst]} is predicted for {predicted[worst]:,} of {rows:,} rows"
    return Outcome(float(predicted[worst] / rows), "at_least", behaviour.at_least, detail)


def _classes(behaviour: OutputBehaviour, model: TrainedModel) -> _Classes:
    """The true and the predicted classes of the test rows at an output."""
    objective = _objective(behaviour, model.data)
    output = objective.output
    predicted = [_predicted(model.predict_test(rows, output), objective) for rows in model.chunks()]
    target = model.data.preparation.preprocessing.of("targets", objective.output)
    found = category_names(target) or ()
    names = (*found, *class_names(model.data.graph, objective)[len(found) :])
    return _Classes(names, _true(objective, model.data), np.concatenate(predicted))


def _objective(behaviour: OutputBehaviour, data: BehaviourData) -> Objective:
    """The objective of the output that a behaviour is of."""
    output = output_of(behaviour, data.graph)
    return next(one for one in objectives(data.spec, data.graph) if one.output == output)


def _true(objective: Objective, data: BehaviourData) -> Indices:
    """The class of each test row; a DataError where one is not of one class for certain."""
    names = [one.output for one in objectives(data.spec, data.graph)]
    targets = named(data.test.targets, names)[objective.output]
    return row_classes(targets, objective, data.row_name)


def _predicted(outputs: Array, objective: Objective) -> Indices:
    """The class of each row of outputs: the largest, or of one number whether it says yes."""
    rows = outputs.reshape(len(outputs), -1)
    if rows.shape[1] > 1:
        return rows.argmax(axis=1)
    is_probability = not objective.loss.takes_logits and objective.loss.targets != "signs"
    return (rows[:, 0] > (0.5 if is_probability else 0.0)).astype(np.int64)


def _check(behaviour: OutputBehaviour, data: BehaviourData, locate: Locate) -> None:
    """Each test row is of one class."""
    with located(locate()):
        _true(_objective(behaviour, data), data)


class_recall = BehaviourRule(_recall, _check)
predicted_share = BehaviourRule(_share, _check)
