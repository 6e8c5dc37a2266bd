"""Rows of a spec's data as its network gets them: preprocessed, in its types, and checked."""

from __future__ import annotations

from nnspec.compute import ComputeConfig
from nnspec.data.located_errors import located
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.number_types import FloatTypes
from nnspec.data.sources import Rows
from nnspec.graph.ir import Graph
from nnspec.spec.document import Spec
from nnspec.training.data_checks import checked_rows


def prepared_rows(
    rows: Rows, preprocessing: FittedPreprocessing, spec: Spec, graph: Graph, compute: ComputeConfig
) -> Rows:
    """Preprocess raw rows and check them; a DataError, with its place, where they do not fit."""
    floats = FloatTypes.in_network(spec, graph, compute)
    with located(spec.locate("data", "source")):
        prepared = preprocessing.apply(rows, floats)
    return checked_rows(prepared, spec, graph, compute)
