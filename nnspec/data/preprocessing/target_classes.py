"""The names of the classes that fitted preprocessing makes of a target's values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nnspec.components.preprocessing.base import Transform
from nnspec.components.preprocessing.categories import OneHotTransform, OrdinalTransform
from nnspec.data.preprocessing.categories import CategoryStep, categories_of
from nnspec.data.preprocessing.columns import FittedColumns
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.data.preprocessing.pipeline import FittedPipeline

if TYPE_CHECKING:
    from typing_extensions import TypeIs


def target_classes(preprocessing: FittedPreprocessing, output: str) -> tuple[str, ...]:
    """What the categories of an output's target are called, by their numbers.

    They are those of its last `ordinal` or `one_hot`; empty where its steps find no categories.
    """
    found: Any = preprocessing.targets
    if isinstance(found, Mapping):
        found = found.get(output) if len(found) > 1 else next(iter(found.values()))
    if isinstance(found, FittedColumns):
        found = found.groups[0].pipeline if len(found.groups) == 1 else None
    if not isinstance(found, FittedPipeline):
        return ()
    pairs = zip(found.steps, found.state, strict=True)
    columns = [categories_of(at.step, state, 1) for at, state in pairs if _has_categories(at.step)]
    return tuple(map(_name, columns[-1][0])) if columns and len(columns[-1]) == 1 else ()


def _has_categories(step: Transform) -> TypeIs[CategoryStep]:
    if isinstance(step, OneHotTransform):
        return step.classes is None
    return isinstance(step, OrdinalTransform)


def _name(category: str | float) -> str:
    """A category as a spec writes it: a whole number without its point."""
    if isinstance(category, bool):
        return str(category).lower()
    if isinstance(category, float) and category.is_integer():
        return str(int(category))
    return str(category)
