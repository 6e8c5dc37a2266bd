"""How training counts rows: weights of their losses, and classes that are drawn equally often."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from nnspec.backends.arrays import NO_ARRAYS, Array, Arrays, named
from nnspec.backends.contract import Indices
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import PreparedRows
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.inverse import category_names
from nnspec.errors import DataError
from nnspec.graph.class_weights import (
    OVERSAMPLE,
    class_names,
    class_weights,
    oversampled_output,
    unknown_classes,
)
from nnspec.graph.ir import Graph
from nnspec.graph.objectives import Objective, objectives
from nnspec.spec.document import Spec
from nnspec.training.class_counts import ClassCounts
from nnspec.training.data_checks import check_magnitude
from nnspec.training.row_places import source_name
from nnspec.training.sample_weights import sample_weights

ClassWeights = Mapping[str, Mapping[str, float]]  # output -> class -> weight
_NONE: ClassWeights = MappingProxyType({})


class Balance(NamedTuple):
    """Weights of training rows by output, and the classes that an epoch draws equally often.

    `class_weights` are the numbers that the weights of rows were made from.
    """

    weights: Arrays = NO_ARRAYS  # (rows)
    classes: Indices | None = None  # of each row; None: an epoch draws each row once
    class_weights: ClassWeights = _NONE

    @classmethod
    def of(
        cls, train: PreparedRows, preprocessing: FittedPreprocessing, spec: Spec, graph: Graph,
        compute: ComputeConfig,
    ) -> Balance:  # fmt: skip
        """That of training rows after their preprocessing, by the options of `train`.

        A row's weight is that of its class times its own. Raises DataError where there is no such
        class, a balanced one has no row, and where weights are negative, not finite or all 0.
        """
        return _BalanceOf(train, preprocessing, spec, graph, compute).balance()


UNIFORM = Balance()  # rows count alike


class _BalanceOf:
    """Computes the balance of training rows."""

    def __init__(
        self, train: PreparedRows, preprocessing: FittedPreprocessing, spec: Spec, graph: Graph,
        compute: ComputeConfig,
    ) -> None:  # fmt: skip
        self.train, self.preprocessing = train, preprocessing
        self.spec, self.graph, self.compute = spec, graph, compute
        self.objectives = {each.output: each for each in objectives(spec, graph)}

    def balance(self) -> Balance:
        by_class = self.class_weights()
        weights = {output: self.counts(output).row_weights(by_class[output]) for output in by_class}
        own = sample_weights(self.spec, self.train)
        if own is not None:
            weights = {output: own * weights.get(output, 1.0) for output in self.objectives}
        for output, each in weights.items():
            self.check(each, output)
        return Balance(weights, self.drawn_classes(), by_class)

    def class_weights(self) -> dict[str, dict[str, float]]:
        """The weight of each class of each output that has class weights."""
        made = {}
        for output, written in class_weights(self.spec, list(self.objectives.values())).items():
            with located(self.spec.locate(*written.path)):
                counts = self.counts(output)
                unknown = [*unknown_classes(self.spec, written, counts.names)]
                if unknown:
                    raise DataError(unknown)
                made[output] = counts.weights(written.weight)
        return made

    def drawn_classes(self) -> Indices | None:
        """The classes that an epoch draws equally often."""
        objective = oversampled_output(self.spec, list(self.objectives.values()))
        if objective is None:
            return None
        with located(self.spec.locate(*OVERSAMPLE)):
            return self.counts(objective.output).classes

    def counts(self, output: str) -> ClassCounts:
        """The classes of the rows at an output."""
        objective = self.objectives[output]
        targets = named(self.train.targets, self.objectives)[output]
        row_name = partial(self.train.origin.row, source_name(self.spec, "targets", output))
        return ClassCounts.of(targets, objective, self.class_names(objective), row_name)

    def class_names(self, objective: Objective) -> tuple[str, ...]:
        """What the classes of an output are called: by the categories of the data, or by number."""
        found = category_names(self.preprocessing.of("targets", objective.output)) or ()
        return (*found, *class_names(self.graph, objective)[len(found) :])

    def check(self, weights: Array, output: str) -> None:
        """Raise DataError unless a row counts, and every weight is finite in the precision."""
        option = "sample_weight" if self.spec.train.sample_weight else "class_weight"
        with located(self.spec.locate("train", option, output)):
            if not weights.any():
                raise DataError("the weight of each training row is 0", "one must be above 0")
            check_magnitude(weights, self.compute)
