"""Tables of rules: which function implements a component on a backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from nnspec.errors import BackendError
from nnspec.options.component import Component

Rule = TypeVar("Rule", bound=Callable[..., Any])


class Rules(Generic[Rule]):
    """A backend's table: one rule for each component class."""

    def __init__(self, backend: str) -> None:
        self.backend = backend
        self.table: dict[type[Component], Rule] = {}

    def register(self, *classes: type[Component]) -> Callable[[Rule], Rule]:
        """Decorator: the function is the rule for these classes."""

        def enter(rule: Rule) -> Rule:
            self.table.update(dict.fromkeys(classes, rule))
            return rule

        return enter

    def __getitem__(self, component: Component) -> Rule:
        """The rule for a component; an error that names both where there is none."""
        try:
            return self.table[type(component)]
        except KeyError:
            what = f"the {component.family} {component.kind!r}"
            raise BackendError(f"the {self.backend} backend has no rule for {what}") from None
