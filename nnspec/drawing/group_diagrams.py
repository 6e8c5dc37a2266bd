"""Diagrams of what folded groups hold, one for all groups of equal layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nnspec.drawing.diagram import Box, Diagram, fitted_diagram
from nnspec.graph.summary import LayerSummary, OutputSummary, Summary
from nnspec.graph.summary_names import Names
from nnspec.options.tensor_spec import TensorSpec


class GroupDiagram(NamedTuple):
    """The diagram of what is in groups of equal layers, with their kind and names."""

    title: str  # the kind; of a `repeat` what is repeated
    groups: list[str]
    diagram: Diagram
    links: Mapping[str, int]  # boxes that are folded groups -> the numbers of their diagrams


class GroupDiagrams:
    """The diagrams of the groups of a network, each before those in which a group of it stands."""

    def __init__(self, summary: Summary) -> None:
        self.summary, self.names = summary, Names(summary)
        self.found: list[GroupDiagram] = []
        self._numbers: dict[object, int] = {}
        self._rows: dict[str, list[LayerSummary]] = {}
        self._readers: dict[str, list[str]] = {}
        self._shapes = {row.name: row.output_shape for row in summary.rows}
        for row in summary.rows:
            for group in self.names.groups_of(row):
                self._rows.setdefault(group, []).append(row)
            for value in row.inputs:
                self._readers.setdefault(value, []).append(row.name)

    def links(self, drawn: Diagram) -> dict[str, int]:
        """The numbers of the diagrams of a diagram's folded groups, by their boxes' names."""
        return {box.name: self._number(box) for box in drawn.boxes if box.layers}

    def _number(self, box: Box) -> int:
        """The number of a folded group's diagram, which is added to those found if it is new."""
        group = box.name
        part = self._part(group)
        drawn = _alike(fitted_diagram(part, len(self.names.around(group)) + 1), part, group)
        links = self.links(drawn)
        if len(links) == 1 and len(drawn.boxes) == len(part.inputs) + 1:
            return next(iter(links.values()))  # it holds nothing but another group
        kind = self.summary.scopes[group].kind
        title = box.title if kind == "repeat" else kind
        number = self._numbers.setdefault(_form(title, drawn, links), len(self.found))
        if number == len(self.found):
            self.found.append(GroupDiagram(title, [], drawn, links))
        self.found[number].groups.append(group)
        return number

    def _part(self, group: str) -> Summary:
        """A group as a network of its own."""
        rows = self._rows[group]
        own = {row.name: row for row in rows}
        outputs = [row for row in rows if self._is_output(row.name, own)]
        scopes = {scope for row in rows for scope in self.names.groups_of(row)}
        return Summary(
            group,
            {value: self._spec(value) for row in rows for value in row.inputs if value not in own},
            {
                f"{number}": OutputSummary(row.name, TensorSpec(row.output_shape))
                for number, row in enumerate(outputs, 1)
            },
            tuple(rows),
            {name: scope for name, scope in self.summary.scopes.items() if name in scopes},
        )

    def _is_output(self, name: str, own: Mapping[str, LayerSummary]) -> bool:
        """Whether a layer's value leaves the group."""
        readers = self._readers.get(name, ())
        given = any(output.layer == name for output in self.summary.outputs.values())
        return given or any(reader not in own for reader in readers)

    def _spec(self, value: str) -> TensorSpec:
        """The TensorSpec of a layer's value, or of an input."""
        if value in self.summary.inputs:
            return self.summary.inputs[value]
        return TensorSpec(self._shapes[value])


def _alike(drawn: Diagram, part: Summary, group: str) -> Diagram:
    """The diagram of a group without the names that groups of equal layers do not share."""
    names, around = list(part.inputs), f"{group.rpartition('/')[0]}/".replace("/", ".")
    several = len(names) > 1
    inputs = {name: f"input {n}" if several else "input" for n, name in enumerate(names, 1)}
    titles = (inputs.get(box.name, box.title.removeprefix(around)) for box in drawn.boxes)
    boxes = (box._replace(title=title) for box, title in zip(drawn.boxes, titles, strict=True))
    return drawn._replace(boxes=tuple(boxes))


def _form(title: str, drawn: Diagram, links: Mapping[str, int]) -> object:
    """What is equal of groups of equal layers: all but the names."""
    number = {box.name: place for place, box in enumerate(drawn.boxes)}
    boxes = [(box._replace(name=""), links.get(box.name)) for box in drawn.boxes]
    edges = [(number[edge.source], number[edge.target]) for edge in drawn.edges]
    return title, tuple(boxes), tuple(edges)
