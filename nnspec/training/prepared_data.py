"""The rows of a spec's data, preprocessed and checked against its network and losses."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from nnspec.components.sources.inline import InlineRows
from nnspec.components.sources.synthetic import Synthetic
from nnspec.compute import ComputeConfig
from nnspec.data.dataset import Dataset, PreparedSplits
from nnspec.data.known_shapes import with_fitted_shapes
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits, load_splits
from nnspec.errors import NnspecError, Problem
from nnspec.graph.ir import Graph
from nnspec.graph.network_inputs import lacks_shapes
from nnspec.lint.rules import ADVICE
from nnspec.spec.advice import REASONS
from nnspec.spec.document import Spec
from nnspec.spec.expect import PARTS
from nnspec.training.balance import Balance
from nnspec.training.class_checks import check_classes
from nnspec.training.data_advice import check_single_class, data_advice
from nnspec.training.data_checks import check_expected_splits
from nnspec.training.leaks.rules import leaks
from nnspec.training.preparation import Preparation
from nnspec.training.preparation_advice import constant_columns

LoadSplits = Callable[[Spec], Splits]
_MAX_DRAWN = 10_000  # synthetic rows that are drawn for a check
_FLOAT64 = ComputeConfig(precision="float64")  # in which no number of a spec is too large
_BEYOND = "beyond-float32"


class PreparedData(NamedTuple):
    """Rows as the network gets them, and the preprocessing that was fitted to the training rows.

    `training` has the training rows with their augmentation, `splits` those of all parts as they
    are evaluated.
    """

    splits: PreparedSplits
    preprocessing: FittedPreprocessing
    training: Dataset

    @classmethod
    def of(
        cls, raw: Splits, spec: Spec, graph: Graph, compute: ComputeConfig,
        fitted: FittedPreprocessing | None = None,
    ) -> PreparedData:  # fmt: skip
        """Fit the preprocessing to the training rows, apply it to all, and check the result.

        `fitted` is what has been fitted to these training rows already.
        """
        fitted = fitted or FittedPreprocessing.fit(spec, raw.train)
        preparation = Preparation(fitted, spec, graph, compute)
        check_classes(preparation, raw)
        train = preparation.training(raw.train)
        validation, test = (rows and preparation.rows(rows) for rows in (raw.validation, raw.test))
        splits = PreparedSplits(train.evaluated, validation, test, raw.refused)
        check_single_class(spec, graph, splits)
        return cls(splits, fitted, train.augmented)


class FittedData(NamedTuple):
    """Raw rows, and the preprocessing that was fitted to those for training."""

    raw: Splits
    fitted: FittedPreprocessing


def read_for_shapes(spec: Spec, load: LoadSplits = load_splits) -> tuple[Spec, FittedData | None]:
    """The spec with the shapes of its prepared rows, and what was read for that.

    Nothing is read where the spec tells all shapes.
    """
    if spec.data is None or not lacks_shapes(spec):
        return spec, None
    raw = load_raw(spec, load)
    fitted = FittedPreprocessing.fit(spec, raw.train)
    return with_fitted_shapes(spec, fitted, raw.train), FittedData(raw, fitted)


def load_raw(spec: Spec, load: LoadSplits = load_splits) -> Splits:
    """Load the raw rows; a SpecError if the spec expects figures of a part that they lack."""
    raw = load(spec)
    check_expected_splits(spec, [part for part in PARTS if getattr(raw, part)])
    return raw


def check_written_data(spec: Spec, graph: Graph) -> list[Problem]:
    """Advice on the data where the spec alone gives them; nothing where they are elsewhere.

    Raises an NnspecError for whatever a run would refuse before its first update in any precision.
    """
    source = spec.data.source if spec.data else None
    drawn = isinstance(source, Synthetic) and source.rows + source.test_rows <= _MAX_DRAWN
    if not drawn and not isinstance(source, InlineRows):
        return []
    raw, beyond = load_raw(spec), list[Problem]()
    try:
        prepared = PreparedData.of(raw, spec, graph, ComputeConfig())
    except NnspecError as error:
        prepared = PreparedData.of(raw, spec, graph, _FLOAT64)
        beyond = [_only_in_float64(problem) for problem in error.problems]
    Balance.of(prepared.splits.train, prepared.preprocessing, spec, graph, _FLOAT64)
    _check_behaviour(spec, graph, raw, prepared)
    shown = [] if _BEYOND in spec.silence else beyond
    constant = constant_columns(spec, prepared.preprocessing, prepared.splits.train.origin)
    return [*shown, *data_advice(spec, graph, prepared.splits), *constant, *leaks(spec, raw)]


def _check_behaviour(spec: Spec, graph: Graph, raw: Splits, prepared: PreparedData) -> None:
    """Raise SpecError where the data lack what the network's behaviour is tested with."""
    if spec.expect and spec.expect.behaviour:
        from nnspec.training.behaviour.checks import check_behaviour_data  # few specs have it
        from nnspec.training.behaviour.trained_model import BehaviourData

        preparation = Preparation(prepared.preprocessing, spec, graph, _FLOAT64)
        data = BehaviourData(spec, graph, _FLOAT64, preparation, raw, prepared.splits)
        check_behaviour_data(data)


def _only_in_float64(problem: Problem) -> Problem:
    """Advice on what a run refuses in its default precision alone."""
    return Problem(problem.message, problem.where, REASONS[_BEYOND], _BEYOND, ADVICE)
