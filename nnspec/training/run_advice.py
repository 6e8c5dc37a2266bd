"""Advice that the data of a spec give before any update: on the source, the classes, the scales."""

from __future__ import annotations

from collections.abc import Sequence

from nnspec.backends.arrays import Arrays
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits
from nnspec.errors import Problem
from nnspec.graph.ir import Graph
from nnspec.lint.data import INCOMPLETE_TEST
from nnspec.lint.rules import advise
from nnspec.spec.document import Spec
from nnspec.training.data_advice import data_advice
from nnspec.training.least_squares import learning_rate_bound
from nnspec.training.preparation_advice import constant_columns, unscaled_rows


def run_advice(
    spec: Spec, graph: Graph, splits: Splits, preprocessing: FittedPreprocessing, weights: Arrays,
    leaks: Sequence[Problem],
) -> list[Problem]:  # fmt: skip
    """What the prepared rows show of the spec: advice that needs no training.

    `weights` are those of the training rows, by output, `leaks` the advice on the raw rows.
    """
    rate = learning_rate_bound.learning_rate_advice(spec, graph, splits.train, weights)
    of_source = advise(spec, graph, [INCOMPLETE_TEST])
    of_preparation = [
        *constant_columns(spec, preprocessing, splits.train.origin),
        *unscaled_rows(spec, graph, splits.train),
    ]
    of_data = [*of_source, *leaks, *data_advice(spec, graph, splits), *of_preparation]
    return [*of_data, *([rate] if rate else [])]
