"""Where each value of a resolved spec comes from: a file, an override, a use, or a default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from nnspec.errors import Document, Problem, SourceSpan, SpecError, did_you_mean, quoted
from nnspec.language.interpolation import Origins
from nnspec.language.located import LocatedList, LocatedMap, holds, value_at
from nnspec.options import registry
from nnspec.spec.addresses import Step, index_of, primary_option, steps_of, steps_of_layer
from nnspec.spec.component_addresses import family_below, steps_of_component
from nnspec.spec.document import Spec
from nnspec.spec.expansion import traced_expansion
from nnspec.spec.layer_lists import LAYER_LISTS, PATHS
from nnspec.spec.loader import unresolved

Path = tuple[str | int, ...]


class Origin(NamedTuple):
    """Where a value is written, with the names in its expression; or what it is a default of."""

    place: SourceSpan | None
    names: Origins = ()
    default_of: str = ""


class Provenance:
    """The values of a spec with every default written out, and the origin of each."""

    def __init__(self, spec: Spec) -> None:
        self.values = spec.plain()
        self.written, interpolator = traced_expansion(unresolved(spec).root)
        self.origins: Mapping[SourceSpan, Origins] = interpolator.origins

    def path(self, text: str) -> Path:
        """The path of a value from its words, where layers may be named as in an override."""
        document = Document("--why", text)
        whole = SourceSpan(document, 0, 0, max(1, len(text)))
        return tuple(_path(_placed(self.values, whole), steps_of(document, text), ""))

    def value(self, path: Path) -> Any:
        """The value at a path."""
        return value_at(self.values, path)

    def leaves(self, path: Path) -> Iterator[Path]:
        """The paths of the values below a path; that path itself where nothing is below."""
        value = self.value(path)
        steps = _parts(value)
        if not steps or kind_of_component(value):
            yield path
        for step in steps:
            yield from self.leaves((*path, step))

    def origin(self, path: Path) -> Origin:
        """Where the value at a path comes from."""
        value: Any = self.written
        place = self.written.place
        steps: Sequence[Any] = path
        for depth, step in enumerate(steps):
            if not (isinstance(value, LocatedMap | LocatedList) and holds(value, step)):
                return self._of_short_form(path, depth, value, place)
            value, place = value[step], value.places[step]
        return self._written_at(place)

    def _written_at(self, place: SourceSpan) -> Origin:
        if place is self.written.place:
            return Origin(None, default_of="the file's name")
        return Origin(place, self.origins.get(place, ()))

    def _of_short_form(self, path: Path, depth: int, value: Any, place: SourceSpan) -> Origin:
        """The origin of a value that is not written by its name: `dense: 5`, or a default."""
        kind, option = path[depth - 1] if depth else "", path[depth]
        primary = primary_option(LocatedMap(place), str(kind), str(option))
        is_scalar = value is not None and not isinstance(value, LocatedMap)
        is_meant = option == primary if primary else self.value(path) == value
        if is_scalar and is_meant:
            return self._written_at(place)
        owners = [step for step in path[:-1] if isinstance(step, str)]
        return Origin(None, default_of=owners[-1] if owners else "the spec")


def kind_of_component(value: Any) -> str | None:
    """The kind of a component that is written out as a map from it to its options."""
    if not isinstance(value, dict) or len(value) != 1:
        return None
    ((kind, options),) = value.items()
    known = any(registry.knows(family, kind) for family in registry.families())
    return kind if known and isinstance(options, dict) else None


def _parts(value: Any) -> Sequence[str | int]:
    """The keys of a map, the indices of a list with parts; nothing else has parts."""
    if isinstance(value, dict):
        return list(value)
    return range(len(value)) if _has_parts(value) else ()


def _has_parts(value: Any) -> bool:
    """Whether a list holds more than numbers: then its items are shown one by one."""
    if not isinstance(value, list):
        return False
    return any(isinstance(one, dict | str) or _has_parts(one) for one in value)


def _path(value: Any, steps: list[Step], key: str, family: str = "") -> Iterator[str | int]:
    """The keys and indices that lead along the steps; `key` is that of `value`.

    `family` is that of the component that `value` is, or holds.
    """
    if not steps:
        return
    step, *rest = steps_of_component(value, steps, family)
    found: str | int = step.name
    if isinstance(value, LocatedList):
        found = index_of(value, step)
        if rest and key in LAYER_LISTS:
            rest = steps_of_layer(value[found], rest)
    elif not isinstance(value, LocatedMap) or found not in value:
        raise _no_value(value, step)
    yield found
    below = family if isinstance(value, LocatedList) else family_below(step.name, value, family)
    # a list in `paths` is a list of layers
    yield from _path(value[found], rest, "layers" if key == PATHS else step.name, below)


def _no_value(value: Any, step: Step) -> SpecError:
    known = list(value) if isinstance(value, LocatedMap) else []
    message = f"the spec has no value {quoted(step.name)} there"
    return SpecError(Problem(message, step.place, lambda: did_you_mean(step.name, known)))


def _placed(value: Any, place: SourceSpan) -> Any:
    """Plain values as located ones that all stand at one place."""
    if isinstance(value, dict):
        made = LocatedMap(place)
        for key, item in value.items():
            made.put(key, _placed(item, place), place, place)
        return made
    if isinstance(value, list):
        return LocatedList.of(place, [_placed(one, place) for one in value], [place] * len(value))
    return value
