"""Names of the layers of a network, by group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from nnspec.components.layers.base import LayerItem
from nnspec.errors import Problem, SourceSpan, SpecError, did_you_mean, quoted


class Definition(NamedTuple):
    """A layer or group as it was defined, so that it can be used again with the same weights."""

    item: LayerItem
    owner: str  # full name of the layer or group whose weights it uses
    around: Namespace  # in which the names that its layers read are looked up


class Namespace:
    """The names of the layers of one group; looked up from the inside to the outside.

    `prefix` is that of full names, `group/`; `owner_prefix` that of the weights, which differs
    where the group shares the weights of another one. The layers of a `frozen` one are not trained.
    """

    def __init__(
        self,
        prefix: str,
        owner_prefix: str,
        around: Namespace | None,
        values: dict[str, str],
        frozen: bool = False,
    ) -> None:
        self.prefix, self.owner_prefix, self.around = prefix, owner_prefix, around
        self.frozen = frozen
        self.values = values  # name -> value of the graph
        self.definitions: dict[str, Definition] = {}
        self.groups: dict[str, Namespace] = {}
        self.later: set[str] = set()  # names of layers further down

    def child(self, name: str) -> Namespace:
        """The empty namespace of a group in this one."""
        prefix, owner_prefix = f"{self.prefix}{name}/", f"{self.owner_prefix}{name}/"
        return Namespace(prefix, owner_prefix, self, {}, self.frozen)

    def value(self, reference: str, place: SourceSpan | None) -> str:
        """The value of the layer, group or input that a reference such as `vision.pooled` names."""
        names, name = self._find(reference, place)
        return names.values[name]

    def definition(self, reference: str, place: SourceSpan | None) -> Definition:
        """The definition of the layer or group that a reference names."""
        names, name = self._find(reference, place)
        if name not in names.definitions:
            raise SpecError(Problem(f"{quoted(reference)} is an input, not a layer", place))
        return names.definitions[name]

    def _find(self, reference: str, place: SourceSpan | None) -> tuple[Namespace, str]:
        """The innermost namespace that has a name, and the name; a SpecError if none has it."""
        *groups, name = reference.split(".")
        for outer in self._outwards():
            found: Namespace | None = outer
            for group in groups:
                found = found and found.groups.get(group)
            if found and name in found.values:
                return found, name
            if [*groups, name][0] in outer.later:
                message = f"{quoted(reference)} stands after this"
                raise SpecError(Problem(message, place, "a layer reads what stands before it"))
        message = f"no layer or input {quoted(reference)} stands before this"
        hint = lambda: did_you_mean(reference, list(self._references(groups)))  # noqa: E731
        raise SpecError(Problem(message, place, hint))

    def _references(self, groups: Sequence[str]) -> Iterator[str]:
        """What can be read here: the names, and those in a group that a reference goes into."""
        for outer in self._outwards():
            for group in groups[:1]:
                if group in outer.groups:
                    yield from (f"{group}.{name}" for name in outer.groups[group].values)
            yield from outer.values

    def _outwards(self) -> Iterator[Namespace]:
        names: Namespace | None = self
        while names:
            yield names
            names = names.around
