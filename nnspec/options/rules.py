"""Rules: the implementations of components on a backend, found by kind and imported when needed.

A plug-in adds a rule by an entry point of the group `nnspec.rules.<backend>` that is named
`<family>.<kind>`, such as `layer.scaled` or `loss.huber`; its value is `module:object`.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any, Generic, TypeVar

from nnspec.errors import BackendError, NnspecError
from nnspec.options.component import Component
from nnspec.options.registry import entry_points_of, load_plugin, noun

Rule = TypeVar("Rule")


class Rules(Generic[Rule]):
    """The rules of one backend for the components of one family, by kind.

    `modules` maps a kind to the module of `package` that holds its rule: an object named like
    the kind, or, after a colon, otherwise.
    """

    def __init__(self, backend: str, family: str, package: str, modules: Mapping[str, str]) -> None:
        self.backend, self.family = backend, family
        self.package, self.modules = package, dict(modules)

    def __contains__(self, component: Component | type[Component]) -> bool:
        """Whether there is a rule for the component's kind; imports nothing."""
        return component.kind in self.modules or self._plugin(component.kind) is not None

    def __getitem__(self, component: Component) -> Rule:
        """The rule for a component; an error that names kind and backend where there is none."""
        found = self.find(component)
        if found is None:
            raise BackendError(self.missing(component))
        return found

    def find(self, component: Component) -> Rule | None:
        """The rule for a component, or None."""
        return self._load(component.kind) if component in self else None

    def missing(self, component: Component) -> str:
        """The message that there is no rule for a component."""
        what = f"the {noun(component.family)} {component.kind!r}"
        of = "" if self.family == component.family else f" {self.family.replace('_', ' ')}"
        return f"the {self.backend} backend has no{of} rule for {what}"

    def problem(self, component: Component) -> str:
        """Why there is no rule for a component: it is missing, or its plug-in cannot be loaded."""
        if component not in self:
            return self.missing(component)
        try:
            if component.kind not in self.modules:
                self.find(component)
        except NnspecError as error:
            return error.problems[0].message
        return ""

    def _plugin(self, kind: str) -> str | None:
        return entry_points_of(f"nnspec.rules.{self.backend}").get(f"{self.family}.{kind}")

    def _load(self, kind: str) -> Any:
        target, built_in = self._plugin(kind), self.modules.get(kind)
        if built_in is None:
            return load_plugin(str(target))
        if target:
            message = f"{target} claims the {self.backend} rule of the built-in {kind!r}"
            raise NnspecError(message, "uninstall the plug-in, or give its component another kind")
        module, _, name = built_in.partition(":")
        return getattr(import_module(f"{self.package}.{module}"), name or kind)
