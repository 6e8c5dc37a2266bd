"""Expansion of a document: `${...}` everywhere; blocks, `repeat` and `when` in lists of layers."""

from __future__ import annotations

from typing import Any

from nnspec.errors import (
    MAX_RENDERED,
    Problem,
    SourceSpan,
    SpecError,
    did_you_mean,
    in_order,
    nearest,
    quoted,
)
from nnspec.language.interpolation import Interpolator, is_plain
from nnspec.language.located import LocatedList, LocatedMap
from nnspec.language.names import EVALUATED, INVALID, LocalNames, NameScope
from nnspec.options import registry
from nnspec.options.messages import describe_value
from nnspec.spec.blocks import Block, arguments, bound, read_blocks, use_problems
from nnspec.spec.condition import read_test
from nnspec.spec.expression_checks import ExpressionChecker, names_in_repeat
from nnspec.spec.layer_lists import (
    LAYER_LISTS,
    PATHS,
    WrittenLayer,
    group,
    kind_of,
    long_form,
    sequential,
    written_layer,
)
from nnspec.spec.repetition import Repeat, read_repeat

_ROOM = 6  # levels that the defaults of a layer may add where they are written out


def expand(root: LocatedMap) -> LocatedMap:
    """The document without `vars`, `blocks`, `repeat`, `when` and `${...}`.

    Raises SpecError with every mistake in these.
    """
    return traced_expansion(root)[0]


def traced_expansion(root: LocatedMap) -> tuple[LocatedMap, Interpolator]:
    """The expanded document, and the interpolator, which knows the names behind its values."""
    root = root.copy()
    variables = _section(root, "vars", "a map of names to values")
    interpolator = Interpolator(variables, root)
    blocks = _section(root, "blocks", "a map of names to blocks")
    interpolator.evaluate_variables()
    result = Expander(interpolator, read_blocks(blocks, interpolator)).document(root)
    if interpolator.problems:
        raise SpecError(in_order(dict.fromkeys(interpolator.problems)))
    return result, interpolator


def _section(root: LocatedMap, name: str, expected: str) -> LocatedMap:
    """A section that is removed from the document; an empty one where there is none."""
    value = root.pop(name, None)
    if value is not None and not isinstance(value, LocatedMap):
        raise SpecError(Problem(f"{name} must be {expected}", root.places[name]))
    return LocatedMap(root.place) if value is None else value


class Expander:
    """Expands the network of a document; what is wrong is noted in the interpolator's problems."""

    def __init__(self, interpolator: Interpolator, blocks: dict[str, Block]) -> None:
        self.interpolator = interpolator
        self.checker = ExpressionChecker(interpolator)
        self.blocks = {name: self.checker.block(block) for name, block in blocks.items()}
        self._structures = {*blocks, "repeat", "when"}
        self._makers = {PATHS: self._paths, **dict.fromkeys(LAYER_LISTS, self.layers)}
        self.unknown: set[str] = set()  # kinds that may misspell a block's name
        self.expanding: list[str] = []  # the blocks around a layer, to see a cycle

    def document(self, root: LocatedMap) -> LocatedMap:
        """Every section with its values; the network with its blocks expanded."""
        scope, copy = self.interpolator.scope, LocatedMap(root.place)
        for key, value in root.items():
            make = self.value if key == "network" else self.interpolator.value
            made = make(value, root.places[key], 1, scope)
            copy.put(key, made, root.key_places[key], root.places[key])
        return copy

    def value(self, value: Any, place: SourceSpan, depth: int, scope: NameScope) -> Any:
        """A value within the network: lists of layers in it are expanded."""
        if type(value) is LocatedMap:
            return self._map(value, place, depth, scope)
        if not isinstance(value, LocatedList):
            return self.interpolator.value(value, place, depth, scope)
        self.interpolator.enter(place, depth, len(value))
        places = map(scope.at, value.places)
        made = [
            self.value(item, at, depth + 1, scope) for item, at in zip(value, places, strict=True)
        ]
        return scope.changed_list(value, dict(enumerate(made)))

    def _map(
        self, value: LocatedMap, place: SourceSpan, depth: int, scope: NameScope
    ) -> LocatedMap:
        self.interpolator.enter(place, depth, len(value))
        changes = {}
        for key, item in value.items():
            if not is_plain(item):
                make = self._makers.get(key, self.value)
                made = make(item, scope.at(value.places[key]), depth + 1, scope)
                if made is not item:
                    changes[key] = made
        return scope.changed_map(value, changes)

    # ------------------------------------------------------------ lists of layers

    def _paths(self, value: Any, place: SourceSpan, depth: int, scope: NameScope) -> Any:
        """A list of lists of layers."""
        value, scope = self._evaluated(value, place, depth, scope)
        if not isinstance(value, LocatedList):
            return self.value(value, place, depth, scope)
        self.interpolator.enter(place, depth, len(value))
        places = map(scope.at, value.places)
        made = [
            self.layers(path, at, depth + 1, scope) for path, at in zip(value, places, strict=True)
        ]
        return scope.changed_list(value, dict(enumerate(made)))

    def layers(self, value: Any, place: SourceSpan, depth: int, scope: NameScope) -> Any:
        """A list of layers, expanded."""
        value, scope = self._evaluated(value, place, depth, scope)
        if not isinstance(value, LocatedList):
            return self.value(value, place, depth, scope)
        self.interpolator.enter(place, depth, 1)
        made = LocatedList(scope.at(value.place))
        self._add_all(value, depth + 1, scope, made)
        return made

    def _evaluated(
        self, value: Any, place: SourceSpan, depth: int, scope: NameScope
    ) -> tuple[Any, NameScope]:
        """What a `${...}` in place of layers stands for; any other value as it is."""
        if isinstance(value, str) and "${" in value:
            return self.interpolator.text(value, place, depth, scope), EVALUATED
        return value, scope

    def _add_all(self, items: LocatedList, depth: int, scope: NameScope, made: LocatedList) -> None:
        self.interpolator.count(len(items), made.place)
        places = map(scope.at, items.places) if scope.use else items.places
        for item, place in zip(items, places, strict=True):
            self._add(item, place, depth, scope, made)

    def _add(
        self, item: Any, place: SourceSpan, depth: int, scope: NameScope, made: LocatedList
    ) -> None:
        """Add a layer, or the layers that a block, `repeat` or `when` stands for."""
        if type(item) is str:
            item, scope = self._evaluated(item, place, depth, scope)
        kind = kind_of(item)
        if kind not in self._structures:
            if self.blocks:
                self._verify_kind(item, place)
            made.put(self.value(long_form(item, kind), place, depth, scope), place)
            return
        layer = written_layer(item, place, scope)
        if layer.kind == "repeat":
            self._repeat(layer, place, depth, scope, made)
        elif layer.kind == "when":
            self._when(layer, depth, scope, made)
        else:
            made.put(self._use(self.blocks[layer.kind], layer, depth, scope), place)

    def _verify_kind(self, item: Any, place: SourceSpan) -> None:
        """Note that a layer is unknown where its kind misspells a block's name."""
        kind = kind_of(item)
        if kind is None or registry.knows("layer", kind) or len(self.unknown) > MAX_RENDERED:
            return
        self.unknown.add(kind)
        if nearest(kind, [*registry.kinds("layer"), *self.blocks]) in self.blocks:
            where = place if isinstance(item, str) else item.key_places[kind]
            hint = did_you_mean(kind, list(self.blocks))
            problem = Problem(f"there is no layer or block {quoted(kind)}", where, hint)
            self.interpolator.problems.append(problem)

    # ------------------------------------------------------------ blocks, repeat and when

    def _use(
        self, block: Block, written: WrittenLayer, depth: int, scope: NameScope
    ) -> LocatedMap | None:
        """The group that a use of a block stands for; None where the use or the block is wrong."""
        given = self.interpolator.value(written.options, written.options_place, depth + 1, scope)
        if given is INVALID or block.is_wrong:
            return None
        options = arguments(block, written, given)
        problems = use_problems(block, written, given, options)
        self.interpolator.problems += problems
        return None if problems else self._body(block, options, depth)

    def _body(self, block: Block, given: LocatedMap, depth: int) -> LocatedMap:
        """The group of a block's layers, with the options that a use gives."""
        use = given.place
        if block.name in self.expanding:
            chain = " -> ".join([*self.expanding, block.name])
            raise SpecError(Problem(f"blocks: {chain} is a cycle", use))
        self._enter_group(use, depth)
        names = LocalNames(bound(block, given), self.interpolator.variables, block.name)
        self.expanding.append(block.name)
        layers = self.layers(block.layers, block.place, depth + 2, NameScope(names, use))
        self.expanding.pop()
        return group(use, given, block.name, layers)

    def _enter_group(self, place: SourceSpan, depth: int) -> None:
        nodes = 4  # the options, and what the group is called
        self.interpolator.enter(place, depth + _ROOM, nodes)

    def _repeat(
        self,
        written: WrittenLayer,
        place: SourceSpan,
        depth: int,
        scope: NameScope,
        made: LocatedList,
    ) -> None:
        """Add the group of the iterations; of none, nothing."""
        repeat = read_repeat(written, self.interpolator, depth + 1, scope)
        if repeat is None:
            return
        self._enter_group(written.place, depth)
        inner = LocatedList(written.place)
        for number in range(len(repeat.items)):
            one = self._iteration(repeat, number, written.place, depth + 3, scope)
            inner.put(one, written.place)
        if inner:
            made.put(group(written.place, repeat.given, "repeat", inner), place)
        elif scope.names:
            names = names_in_repeat(written.options, scope.names)
            self.checker.check_once(repeat.layers, repeat.layers_place, names)

    def _iteration(
        self, repeat: Repeat, number: int, place: SourceSpan, depth: int, scope: NameScope
    ) -> LocatedMap:
        use = place._replace(role=repeat.role(number))
        names = scope.names and repeat.names(number, scope.names)
        self._enter_group(use, depth)
        options = LocatedMap(use)
        options.put("name", str(number), use, use)
        layers = self.layers(repeat.layers, repeat.layers_place, depth + 2, NameScope(names, use))
        options.put("layers", layers, use, use)
        return sequential(use, options)

    def _when(self, written: WrittenLayer, depth: int, scope: NameScope, made: LocatedList) -> None:
        """Add the layers of the branch that is taken; verify those of the other."""
        test = read_test(written, self.interpolator, depth + 1, scope)
        if test is None:
            return
        taken, other = ("layers", "else") if test else ("else", "layers")
        options: LocatedMap = written.options
        if taken in options:
            self._splice(options[taken], scope.at(options.places[taken]), depth, scope, made)
        if other in options and scope.names:
            self.checker.check_once(options[other], options.places[other], scope.names)

    def _splice(
        self, value: Any, place: SourceSpan, depth: int, scope: NameScope, made: LocatedList
    ) -> None:
        value, scope = self._evaluated(value, place, depth, scope)
        if isinstance(value, LocatedList):
            self.interpolator.enter(place, depth + 1, 0)  # one in another, without end, is refused
            self._add_all(value, depth + 1, scope, made)
        elif value is not INVALID:
            message = f"when: its layers must be a list, not {describe_value(value)}"
            self.interpolator.problems.append(Problem(message, place))
