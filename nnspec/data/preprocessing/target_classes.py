"""The names of the classes that fitted preprocessing makes of a target's values."""

from __future__ import annotations

from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.inverse import class_names, target_pipeline


def target_classes(preprocessing: FittedPreprocessing, output: str) -> tuple[str, ...]:
    """What the categories of an output's target are called, by their numbers.

    They are those of its last `ordinal` or `one_hot`; empty where its steps find no categories.
    """
    pipeline = target_pipeline(preprocessing, output)
    return (pipeline and class_names(pipeline)) or ()
