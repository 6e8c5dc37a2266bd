"""Classes that training rows lack: told before the targets, which lack their columns, are."""

from __future__ import annotations

from nnspec.data.preprocessing.inverse import category_names
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.errors import DataError, Problem, quoted
from nnspec.graph.objectives import Objective, objectives
from nnspec.training.preparation import Preparation

_MAX_SHOWN = 5  # classes in a message


def check_classes(preparation: Preparation, raw: Splits) -> None:
    """Raise DataError unless a target has several classes, those of all parts and of the network.

    Targets whose classes are neither listed nor learnt from the training rows are not looked at.
    """
    found = objectives(preparation.spec, preparation.graph)
    named = [(one, names) for one in found if (names := _names(preparation, one))]
    for _, names in named:
        if len(names) == 1:
            raise _single_class(preparation, raw.train, names[0])
    for rows in (raw.validation, raw.test):
        if rows is not None and named:
            preparation.targets(rows)
    for objective, names in named:
        _check_outputs(preparation, objective, names)


def _names(preparation: Preparation, objective: Objective) -> tuple[str, ...]:
    return category_names(preparation.preprocessing.of("targets", objective.output)) or ()


def _single_class(preparation: Preparation, train: Rows, name: str) -> DataError:
    message = f"all {train.rows:,} training rows are of the class {quoted(name)}"
    place = preparation.spec.locate("data", "targets")
    return DataError(Problem(message, place, "there is nothing to tell apart; look at the labels"))


def _check_outputs(preparation: Preparation, objective: Objective, names: tuple[str, ...]) -> None:
    """Raise DataError where one-hot classes are not as many as the network's outputs."""
    graph, spec = preparation.graph, preparation.spec
    shape = graph.specs[graph.outputs[objective.output]].shape
    if objective.loss.targets != "distributions" or shape in ((len(names),), ()):
        return
    shown = ", ".join(map(quoted, names[:_MAX_SHOWN])) + ", ..." * (len(names) > _MAX_SHOWN)
    message = f"the targets have {len(names):,} classes and the network ends in {shape[-1]:,}"
    hint = f"the classes of the training rows are {shown}"
    raise DataError(Problem(message, spec.locate(*objective.path), hint))
