"""How options of a component are addressed in a document that is not expanded yet."""

from __future__ import annotations

from typing import Any

from nnspec.errors import Problem, SpecError, did_you_mean, nearest, quoted
from nnspec.language.located import LocatedMap
from nnspec.options import registry
from nnspec.options.component import Component
from nnspec.spec.addresses import Step
from nnspec.spec.layer_lists import LAYER_LISTS, kind_of

_FAMILY_OF_KEY = {
    "learning_rate": "schedule", "metrics": "metric", "inputs": "preprocessing",
    "targets": "preprocessing", "augment": "augmentation", "merge": "layer",
    "callbacks": "callback",
    **dict.fromkeys(LAYER_LISTS, "layer"),
}  # fmt: skip
_ANY_VALUES = "vars"  # a section whose values are no components, whatever their keys are


def family_below(key: str, value: Any, family: str) -> str:
    """The family of the component that is the value of a key, or stands in it; or "".

    `family` is that of the map of the key, which may hold components by names: `loss: {y: ...}`.
    """
    if _ANY_VALUES in (key, family):
        return _ANY_VALUES
    if family and kind_of(value) == key and registry.knows(family, key):
        return ""
    own = next((name for name in registry.families() if key.endswith(name)), "")
    return _FAMILY_OF_KEY.get(key, own) or family


def component_at(value: Any, family: str) -> type[Component] | None:
    """The class of a component that is written as `value`; None where it is none of the family."""
    kind = kind_of(value)
    if kind is None or family not in registry.families():
        return None
    return registry.find(family, kind)


def steps_of_component(value: Any, steps: list[Step], family: str) -> list[Step]:
    """The steps from a component to a value in it, of which the kind may be left out."""
    cls = component_at(value, family)
    if cls is None or steps[0].name == cls.kind or registry.knows(family, steps[0].name):
        return steps
    name, place = steps[0]
    if name in cls.model_fields or nearest(name, cls.model_fields):
        return [Step(cls.kind, place), *steps]
    message = f"{cls.kind} has no option {quoted(name)}"
    kinds = registry.kinds(family)
    known = kinds if nearest(name, kinds) else list(cls.model_fields)
    raise SpecError(Problem(message, place, did_you_mean(name, known)))


def options_of_component(value: Any, change: LocatedMap, family: str) -> LocatedMap:
    """A change of a component as a map from its kind, which may be left out."""
    cls = component_at(value, family)
    if cls is None or any(registry.knows(family, key) for key in change):
        return change
    if not any(nearest(key, cls.model_fields) for key in change):
        return change
    made = LocatedMap(change.place)
    made.put(cls.kind, change, change.place, change.place)
    return made
