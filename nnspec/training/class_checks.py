"""Classes that training rows lack: told before the targets, which lack their columns, are."""

from __future__ import annotations

from nnspec.data.preprocessing.inverse import category_names
from nnspec.data.rows import Rows
from nnspec.data.splits import Splits
from nnspec.errors import DataError, Problem, quoted
from nnspec.graph.objectives import Objective, objectives
from nnspec.options.types import Shape
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
    for objective, names in named:
        if not _fits(preparation, objective, names):
            _check_other_parts(preparation, raw)
            raise _wrong_outputs(preparation, objective, names)


def _names(preparation: Preparation, objective: Objective) -> tuple[str, ...]:
    return category_names(preparation.preprocessing.of("targets", objective.output)) or ()


def _single_class(preparation: Preparation, train: Rows, name: str) -> DataError:
    message = f"all {train.rows:,} training rows are of the class {quoted(name)}"
    place = preparation.spec.locate("data", "targets")
    return DataError(Problem(message, place, "there is nothing to tell apart; look at the labels"))


def _fits(preparation: Preparation, objective: Objective, names: tuple[str, ...]) -> bool:
    """Whether one-hot classes are as many as the network's outputs."""
    shape = _output_shape(preparation, objective)
    return objective.loss.targets != "distributions" or shape in ((len(names),), ())


def _check_other_parts(preparation: Preparation, raw: Splits) -> None:
    """Raise DataError at a row of a class that the training rows, and so the targets, lack."""
    for rows in (raw.validation, raw.test):
        if rows is not None:
            preparation.targets(rows)


def _wrong_outputs(
    preparation: Preparation, objective: Objective, names: tuple[str, ...]
) -> DataError:
    shown = ", ".join(map(quoted, names[:_MAX_SHOWN])) + ", ..." * (len(names) > _MAX_SHOWN)
    outputs = _output_shape(preparation, objective)[-1]
    message = f"the targets have {len(names):,} classes and the network ends in {outputs:,}"
    hint = f"the classes of the training rows are {shown}"
    return DataError(Problem(message, preparation.spec.locate(*objective.path), hint))


def _output_shape(preparation: Preparation, objective: Objective) -> Shape:
    graph = preparation.graph
    return graph.specs[graph.outputs[objective.output]].shape
