"""A network as boxes and the values between them; groups of layers are one box or opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from nnspec.graph.summary import LayerSummary, Summary
from nnspec.graph.summary_names import Names
from nnspec.options.shapes import format_shape

MOST_BOXES = 24  # that a picture has unless more depth is asked for


class Box(NamedTuple):
    """A layer, a folded group, or an input: its name, what it is, its value and its parameters."""

    name: str
    title: str
    shape: str
    parameters: int = 0
    kind: str = ""  # of a layer; empty for groups and inputs
    layers: tuple[str, ...] = ()  # in a folded group
    outputs: tuple[str, ...] = ()  # of the network, which it gives


class Edge(NamedTuple):
    """A value that a box gives and another one reads."""

    source: str
    target: str


class Diagram(NamedTuple):
    """Boxes in topological order, and the edges between them."""

    name: str
    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    parameters: int

    def readers(self) -> Mapping[str, list[str]]:
        """The boxes that read each box's value."""
        found: dict[str, list[str]] = {box.name: [] for box in self.boxes}
        for edge in self.edges:
            found[edge.source].append(edge.target)
        return found

    def sources(self) -> Mapping[str, list[str]]:
        """The boxes whose values each box reads."""
        found: dict[str, list[str]] = {box.name: [] for box in self.boxes}
        for edge in self.edges:
            found[edge.target].append(edge.source)
        return found


def diagram(summary: Summary, depth: int | None = None) -> Diagram:
    """The diagram in which groups are opened down to a depth; 0 folds the outermost ones.

    Without a depth it is the largest with which there are no more than 24 boxes.
    """
    return fitted_diagram(summary) if depth is None else _Folding(summary, depth).diagram()


def fitted_diagram(summary: Summary, least: int = 0) -> Diagram:
    """The diagram of the largest depth with which there are no more than 24 boxes, or the least."""
    found = _Folding(summary, least).diagram()
    for opened in range(least + 1, _deepest(summary) + 1):
        more = _Folding(summary, opened).diagram()
        if len(more.boxes) > MOST_BOXES:
            break
        found = more
    return found


def _deepest(summary: Summary) -> int:
    """How many groups are around a layer at most."""
    names = Names(summary)
    return max((len(names.groups_of(row)) for row in summary.rows), default=0)


class _Folding:
    """Folds the layers of a summary."""

    def __init__(self, summary: Summary, depth: int) -> None:
        self.summary, self.depth, self.names = summary, depth, Names(summary)
        self.box_of = {name: name for name in summary.inputs}
        self.box_of |= {row.name: self._folded(row) or row.name for row in summary.rows}
        self.outputs = self._outputs()

    def diagram(self) -> Diagram:
        """Boxes in the order of their first layers, and each edge once."""
        inputs = [
            Box(name, name, format_shape(spec.shape)) for name, spec in self.summary.inputs.items()
        ]
        return Diagram(
            self.summary.name,
            (*inputs, *self._boxes()),
            tuple(dict.fromkeys(self._edges())),
            self.summary.parameters,
        )

    def _outputs(self) -> Mapping[str, Sequence[str]]:
        """The outputs that each box gives; none where the only one is the last box's."""
        outputs: dict[str, list[str]] = {}
        for name, output in self.summary.outputs.items():
            outputs.setdefault(self.box_of[output.layer], []).append(name)
        return {} if list(outputs) == [self.box_of[self.summary.rows[-1].name]] else outputs

    def _folded(self, row: LayerSummary) -> str | None:
        """The group that stands for a layer."""
        groups = self.names.groups_of(row)
        return groups[self.depth] if len(groups) > self.depth else None

    def _boxes(self) -> Iterator[Box]:
        rows: dict[str, list[LayerSummary]] = {}
        for row in self.summary.rows:
            rows.setdefault(self.box_of[row.name], []).append(row)
        for name, layers in rows.items():
            outputs = tuple(self.outputs.get(name, ()))
            yield (self._group if name in self.summary.scopes else self._layer)(
                name, layers
            )._replace(outputs=outputs)

    def _layer(self, name: str, layers: Sequence[LayerSummary]) -> Box:
        (row,) = layers
        title = self._title(name, row.kind)
        return Box(name, title, format_shape(row.output_shape), row.parameters, row.kind)

    def _group(self, name: str, layers: Sequence[LayerSummary]) -> Box:
        kind = self.summary.scopes[name].kind
        return Box(
            name,
            self._repeated(name, layers) if kind == "repeat" else self._title(name, kind),
            format_shape(layers[-1].output_shape),
            sum(row.parameters for row in layers),
            layers=tuple(_counted([row.kind for row in layers])),
        )

    def _repeated(self, name: str, layers: Sequence[LayerSummary]) -> str:
        """`3 x bottleneck` where each time is one group, else `repeat, 3 times`."""
        inner = [self.names.groups_of(row)[self.depth + 1 : self.depth + 3] for row in layers]
        times, groups = {one[0] for one in inner}, {one[1:] for one in inner}
        kinds = {self.summary.scopes[group[0]].kind if group else "" for group in groups}
        if len(groups) == len(times) and len(kinds) == 1 and "" not in kinds:
            return f"{len(times)} x {kinds.pop()}"
        return f"{self._title(name, 'repeat')}, {len(times)} times"

    def _title(self, name: str, kind: str) -> str:
        """The name, and the kind if the name does not say it; a number in a group has both."""
        own = self.names.in_group(name)
        last = own.rpartition(".")[2]
        if last.isdigit():
            return f"{name.replace('/', '.')}"
        return own if last.startswith(kind) else f"{own} ({kind})"

    def _edges(self) -> Iterator[Edge]:
        for row in self.summary.rows:
            target = self.box_of[row.name]
            for value in row.inputs:
                source = self.box_of[value]
                if source != target:
                    yield Edge(source, target)


def _counted(kinds: Sequence[str]) -> Iterator[str]:
    """`2 x conv2d`, in the order in which kinds come first."""
    for kind, count in Counter(kinds).items():
        yield f"{count} x {kind}" if count > 1 else kind
