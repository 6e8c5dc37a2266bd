"""The `build_graph` pass: from a spec's layers, groups and names to an unresolved graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, NamedTuple, cast

from nnspec.components.layers.base import Layer, LayerItem
from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph, Node, Path, Scope
from nnspec.graph.names import LocatedItem, item_names
from nnspec.graph.namespace import Definition, Namespace
from nnspec.graph.network_inputs import network_inputs
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec
from nnspec.spec.layer_patterns import matches

if TYPE_CHECKING:  # a chain has no groups, and their module makes many classes
    from nnspec.components.layers.groups import (
        Branches,
        LayerGroup,
        Residual,
        Sequential,
        Shared,
    )

Values = tuple[str, ...]


def build_graph(spec: Spec) -> Graph:
    """A graph with the nodes of each layer of the spec, wired by order and by names.

    Shapes and weights are filled in by `infer`. Raises SpecError for an unknown name, and for a
    layer or an input that leads to no output.
    """
    inputs = network_inputs(spec)
    builder = _Builder(spec)
    names = Namespace("", "", None, {name: name for name in inputs})
    items = _located(spec.network.layers, ("network", "layers"))
    builder.sequence(items, names, tuple(inputs))
    outputs = _outputs(spec, names)
    _check_dead_ends(spec, inputs, builder.nodes, outputs)
    return Graph(spec.name, inputs, tuple(builder.nodes), outputs, builder.scopes)


def _located(items: Sequence[LayerItem], path: Path) -> list[LocatedItem]:
    return [LocatedItem(item, (*path, index)) for index, item in enumerate(items)]


class _Instance(NamedTuple):
    """A layer or group at one place: its item, full name, owner of its weights, and names."""

    item: LayerItem
    path: Path
    name: str
    owner: str
    around: Namespace  # in which the names of its layers are looked up after its own

    def inside(self) -> Namespace:
        """The empty namespace of the layers in a group."""
        frozen = self.around.frozen or not cast("LayerGroup", self.item).trainable
        return Namespace(f"{self.name}/", f"{self.owner}/", self.around, {}, frozen)

    def within(self, *option: str) -> Path:
        """The path of one of its options."""
        return (*self.path, self.item.kind, *option)

    def merge(self, layer: LayerItem) -> LocatedItem:
        """The layer that merges a group's values; it stands at the group unless it is written."""
        written = "merge" in self.item.model_fields_set
        return LocatedItem(layer, self.within("merge") if written else self.path)


class _Builder:
    """Makes the nodes of items, in order."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.nodes: list[Node] = []
        self.scopes: dict[str, Scope] = {}

    def sequence(self, items: Sequence[LocatedItem], names: Namespace, values: Values) -> Values:
        """Add items one after the other; the values that the last one gives."""
        for located, name in self.named(items, names):
            values = self.item(located, name, names, values)
        return values

    def named(
        self, items: Sequence[LocatedItem], names: Namespace, reserved: Sequence[str] = ()
    ) -> list[tuple[LocatedItem, str]]:
        """Items of a namespace with their names, which cannot be read before they are added."""
        given = item_names(self.spec, items, {*names.values, *reserved})
        names.later.update(given)
        return list(zip(items, given, strict=True))

    def item(self, located: LocatedItem, name: str, names: Namespace, values: Values) -> Values:
        """Add an item under a name; it reads `values` unless it names what it reads."""
        item, path = located
        full, owner = f"{names.prefix}{name}", f"{names.owner_prefix}{name}"
        if item.inputs is not None:
            places = (self.spec.locate(*path, item.kind, "inputs", i) for i in count())
            values = tuple(map(names.value, item.inputs, places))
        instance = _Instance(item, path, full, owner, names)
        if item.kind == "shared":
            place = self.spec.locate(*path, item.kind, "layer")
            definition = names.definition(cast("Shared", item).layer, place)
            item, owner, around = definition
            instance = _Instance(item, path, full, owner, around)
        names.later.discard(name)
        names.definitions[name] = Definition(item, owner, instance.around)
        names.values[name] = self.add(instance, names, name, values)
        return (names.values[name],)

    def add(self, instance: _Instance, names: Namespace, name: str, values: Values) -> str:
        """Add the nodes of a layer, or of the layers of a group; the value that it gives."""
        item = instance.item
        if isinstance(item, Layer):
            return self.layer(instance, item, values)
        self.scopes[instance.name] = Scope(item.default_name, instance.path)
        names.groups[name] = inside = instance.inside()
        if item.kind == "residual":
            return self.residual(instance, cast("Residual", item), inside, values)
        if item.kind == "branches":
            return self.branches(instance, cast("Branches", item), inside, values)
        layers = cast("Sequential", item).layers
        (last,) = self.sequence(_located(layers, instance.within("layers")), inside, values)
        return last

    def layer(self, instance: _Instance, layer: Layer, values: Values) -> str:
        """Add a layer's node, and one for its activation; the value of the last."""
        name, owner = instance.name, instance.owner
        frozen = instance.around.frozen or self.freezes(owner)
        first, *rest = (layer.frozen() if frozen else layer).split()
        self.nodes.append(Node(name, first, values, name, instance.path, owner))
        for part in rest:
            read = (self.nodes[-1].name,)
            full, owns = f"{name}.{part.kind}", f"{owner}.{part.kind}"
            part = part.frozen() if self.freezes(owns) else part
            self.nodes.append(Node(full, part, read, name, instance.path, owns))
        return self.nodes[-1].name

    def freezes(self, layer: str) -> bool:
        """Whether `train.freeze` says that the weights of a layer are not trained."""
        return any(matches(pattern, layer) for pattern in self.spec.train.freeze or ())

    def residual(
        self, instance: _Instance, item: Residual, inside: Namespace, values: Values
    ) -> str:
        """Add the layers, the shortcut, and the layer that merges them."""
        layers = _located(item.layers, instance.within("layers"))
        merge = instance.merge(item.merge)
        *named, (_, last) = self.named([*layers, merge], inside, ["shortcut"])
        main = values
        for located, name in named:
            main = self.item(located, name, inside, main)
        shortcut = self.path(item.shortcut, instance.within("shortcut"), "shortcut", inside, values)
        return self.item(merge, last, inside, (*main, *shortcut))[0]

    def branches(
        self, instance: _Instance, item: Branches, inside: Namespace, values: Values
    ) -> str:
        """Add the paths, and the layer that merges them."""
        ends: Values = ()
        for index, layers in enumerate(item.paths):
            path = (*instance.within("paths"), index)
            ends += self.path(layers, path, str(index), inside, values)
        merge = instance.merge(item.merge)
        return self.sequence([merge], inside, ends)[0]

    def path(
        self, layers: Sequence[LayerItem], path: Path, name: str, names: Namespace, values: Values
    ) -> Values:
        """Add the layers of a path of a group, in a namespace of their own."""
        names.groups[name] = inside = names.child(name)
        return self.sequence(_located(layers, path), inside, values)


def _outputs(spec: Spec, names: Namespace) -> Mapping[str, str]:
    """The value of each output: those that the network names, or its last layer."""
    references = spec.network.outputs
    if references is None:
        last = next(reversed(names.values))
        return {last: names.values[last]}
    places = (spec.locate("network", "outputs", name, i) for i, name in enumerate(references))
    return dict(zip(references, map(names.value, references.values(), places), strict=False))


def _check_dead_ends(
    spec: Spec, inputs: Mapping[str, TensorSpec], nodes: Sequence[Node], outputs: Mapping[str, str]
) -> None:
    """Raise SpecError where a layer or an input leads to no output."""
    needed, read = set(outputs.values()), set[str]()
    unused: dict[Path, str] = {}  # the last ones of those that lead nowhere
    for node in reversed(nodes):
        if node.name in needed:
            needed.update(node.inputs)
        elif node.name not in read:
            unused[node.path] = node.origin
        read.update(node.inputs)
    problems = [
        Problem(f"{name.replace('/', '.')} leads to no output", spec.locate(*path), _UNUSED)
        for path, name in reversed(unused.items())
    ]
    problems += [
        Problem(f"no layer reads the input {name}", spec.locate("network", "inputs", name))
        for name in inputs
        if name not in needed
    ]
    if problems:
        raise SpecError(problems)


_UNUSED = "read it in a later layer's inputs, or name it in the network's outputs"
