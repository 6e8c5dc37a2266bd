"""Shapes that only the data tell: the rows are read and prepared before the spec is compiled."""

from __future__ import annotations

from typing import NamedTuple

from nnspec.data.known_shapes import with_fitted_shapes
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.splits import Splits, load_splits
from nnspec.graph.network_inputs import lacks_shapes
from nnspec.spec.document import Spec
from nnspec.training.prepared_data import LoadSplits, load_raw


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
