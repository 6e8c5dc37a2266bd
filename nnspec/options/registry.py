"""The registry of components: family and kind to class, built in or from a plug-in.

A built-in module is imported when one of its kinds is first asked for, so that a spec pays
only for what it uses. A plug-in adds a kind by an entry point in the group `nnspec.<family>`
(name: the kind, value: `module:Class`). Two plug-ins for one kind are an error, never a guess; a
built-in kind stays nnspec's own, and `nnspec doctor` names the plug-ins that claim it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

from nnspec.errors import NnspecError
from nnspec.options.component import DEFINED, Component, clash, origin

# A family is a module, or a package whose MODULES says which of its modules holds which kinds.
_FAMILIES = {
    "layer": ("nnspec.components.layers", "flatten or {dense: {units: 10}}"),
    "activation": ("nnspec.components.layers", "relu"),
    "loss": ("nnspec.components.losses", "mean_squared_error"),
    "optimizer": ("nnspec.components.optimizers", "{sgd: {learning_rate: 0.01}}"),
    "initializer": ("nnspec.components.initializers", "glorot_uniform"),
    "regularizer": ("nnspec.components.regularizers", "{l2: 0.01}"),
    "constraint": ("nnspec.components.constraints", "{max_norm: 2}"),
    "schedule": (
        "nnspec.components.schedules",
        "{cosine_decay: {initial_learning_rate: 0.1, decay_steps: 1000}}",
    ),
    "metric": ("nnspec.components.metrics", "accuracy"),
    "preprocessing": ("nnspec.components.preprocessing", "{divide: 255}"),
    "augmentation": ("nnspec.components.augmentation", "{random_flip: horizontal}"),
    "behaviour": ("nnspec.components.behaviour", "overfits_one_batch"),
    "source": ("nnspec.components.sources", "mnist"),
    "function": ("nnspec.components.sources.functions", "sine"),
    "callback": ("nnspec.components.callbacks", "learning_rate_monitor"),
    "tracker": ("nnspec.components.trackers", "tensorboard"),
    "sampler": ("nnspec.components.search.samplers", "grid"),
    "pruner": ("nnspec.components.search.pruners", "median"),
}


_STEPS = ("preprocessing", "augmentation")
_ALSO_IN = {"activation": "layer", "metric": "loss"}  # where classes of a family may be declared


def families() -> list[str]:
    """The names of all families."""
    return list(_FAMILIES)


def noun(family: str) -> str:
    """What messages call a component of the family."""
    return f"{family} step" if family in _STEPS else family.replace("_", " ")


def with_article(family: str) -> str:
    """`an optimizer`, `a preprocessing step`."""
    words = noun(family)
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def example(family: str) -> str:
    """How a component of the family is written, for messages."""
    return _FAMILIES[family][1]


def find(family: str, kind: str) -> type[Component] | None:
    """The class of a kind, or None where nothing provides it."""
    return (
        DEFINED.get((family, kind))
        or _import_built_in(family, kind)
        or _import_plugin(family, kind)
    )


def is_built_in(family: str, kind: str) -> bool:
    """Whether nnspec itself has a kind of the family."""
    found = _import_built_in(family, kind)
    return found is not None and found.__module__.startswith("nnspec.")


def knows(family: str, kind: str) -> bool:
    """Whether the family has a kind, built in or from a plug-in."""
    return _import_built_in(family, kind) is not None or kind in _plugins(family)


def kinds(family: str) -> list[str]:
    """Every kind of a family, sorted; imports no plug-in."""
    _import_all_built_in(family)
    defined = {kind for of, kind in DEFINED if of == family}
    return sorted(defined | _plugins(family).keys())


def classes(family: str) -> list[type[Component]]:
    """Every class of a family, sorted by kind."""
    _import_all_built_in(family)
    for kind, target in _plugins(family).items():
        cls = find(family, kind)
        if cls and origin(cls) != target:
            raise clash(family, kind, origin(cls), target)
    return [cls for (of, _), cls in sorted(DEFINED.items()) if of == family]


@cache
def entry_points_of(group: str) -> dict[str, str]:
    """What installed packages offer as `group`: each name with its `module:object`."""
    from importlib.metadata import entry_points  # slow to import; only plug-ins need it

    found: dict[str, str] = {}
    for entry in entry_points(group=group):
        if found.setdefault(entry.name, entry.value) != entry.value:
            raise clash(group.removeprefix("nnspec."), entry.name, found[entry.name], entry.value)
    return found


def load_plugin(target: str) -> Any:
    """The object of an entry point, `module:object`; an NnspecError where it cannot be loaded."""
    module, _, name = target.partition(":")
    try:
        return getattr(import_module(module), name)
    except NnspecError:
        raise
    except Exception as error:  # whatever a plug-in's module does wrong when it is imported
        reason = f"{type(error).__name__}: {error}"
        raise NnspecError(f"the plug-in {target} cannot be loaded: {reason}") from error


def _import_built_in(family: str, kind: str) -> type[Component] | None:
    package = import_module(_FAMILIES[family][0])
    module = getattr(package, "MODULES", {}).get(kind)
    if module:
        import_module(f".{module}", package.__name__)
    return DEFINED.get((family, kind))


def _import_plugin(family: str, kind: str) -> type[Component] | None:
    target = _plugins(family).get(kind)
    if target is None:
        return None
    load_plugin(target)
    found = DEFINED.get((family, kind))
    if found is None:
        raise NnspecError(f"the plug-in {target} defines no {noun(family)} {kind!r}")
    return found


def _import_all_built_in(family: str) -> None:
    package = import_module(_FAMILIES[family][0])
    for module in set(getattr(package, "MODULES", {}).values()):
        import_module(f".{module}", package.__name__)


def _plugins(family: str) -> dict[str, str]:
    """The kinds that plug-ins offer; a layer may be an activation, and a loss is a metric."""
    found = entry_points_of(f"nnspec.{family}")
    other = _ALSO_IN.get(family)
    return {**_offered_to(family, other), **found} if other else found


def _offered_to(family: str, other: str) -> dict[str, str]:
    """The entry points of another family whose classes also stand in this one."""
    targets = entry_points_of(f"nnspec.{other}")
    return {kind: t for kind, t in targets.items() if _stands_in(family, other, kind, t)}


def _stands_in(family: str, other: str, kind: str, target: str) -> bool:
    try:
        load_plugin(target)
    except NnspecError:
        return False
    cls = DEFINED.get((other, kind))
    return cls is not None and family in cls.also
