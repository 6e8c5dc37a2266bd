"""Text table of a summary: a row for each layer, and one for each folded group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from nnspec.graph.summary import LayerSummary, Summary
from nnspec.graph.summary_names import Names
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec

INPUT_LABEL = "input"
_INDENT = "  "
_NEVER_FOLDED = ("residual", "branches")


class Row(NamedTuple):
    """The cells of a row, in the order of the columns."""

    layer: str
    shape: str = ""
    parameters: str = ""
    flops: str = ""
    formula: str = ""
    reads: str = ""


_HEAD = Row("layer", "output shape", "parameters", "FLOPs", "formula", "reads")
_NUMBERS = ("parameters", "flops")  # right-aligned
_OPTIONAL = ("flops", "reads")  # left out where no row has something there


def table(summary: Summary, *, expand: bool = False) -> str:
    """Text table of the layers, followed by the totals.

    A block, a `repeat` and a `sequential` group is one row each, unless they are expanded. What a
    row reads is said where that is not the row above.
    """
    rows = [*_input_rows(summary.inputs), *_Layers(summary, expand=expand).rows()]
    lines = _aligned(rows)
    rule = "─" * max(map(len, lines))
    return "\n".join([summary.name, rule, lines[0], rule, *lines[1:], rule, *_totals(summary)])


def _input_rows(inputs: Mapping[str, TensorSpec]) -> Iterator[Row]:
    for name, spec in inputs.items():
        dtype = "" if spec.is_float else f" {spec.dtype}"
        yield Row(_label(name, INPUT_LABEL), f"{format_shape(spec.shape)}{dtype}")


class _Layers:
    """The rows of layers and groups, in order."""

    def __init__(self, summary: Summary, *, expand: bool) -> None:
        self.summary, self.expand = summary, expand
        self.names = Names(summary)
        self.opened: tuple[str, ...] = ()  # the groups whose layers are being listed
        single = len(summary.inputs) == 1
        self.above = next(iter(summary.inputs)) if single else ""  # the layer of the row above
        self.outputs = _marked_outputs(summary)
        self.counts = {layer.name: layer.parameters for layer in summary.rows}

    def rows(self) -> Iterator[Row]:
        """A row for each layer and folded group, and one that opens each other group."""
        for folded, layers in groupby(self.summary.rows, self._folded):
            if folded:
                yield from self._openings(self.names.around(folded))
                yield self._group(folded, list(layers))
                continue
            for layer in layers:
                yield from self._openings(self.names.groups_of(layer))
                yield self._layer(layer)

    def _folded(self, layer: LayerSummary) -> str | None:
        """The outermost group that stands for a layer in the table."""
        groups = () if self.expand else self.names.groups_of(layer)
        return next((g for g in groups if self._kind(g) not in _NEVER_FOLDED), None)

    def _openings(self, groups: tuple[str, ...]) -> Iterator[Row]:
        """A row with the name of each group that begins here."""
        for depth, group in enumerate(groups):
            if self.opened[depth : depth + 1] != (group,):
                label = _label(self.names.in_group(group), self._kind(group))
                yield Row(f"{_INDENT * depth}{label}")
        self.opened = groups

    def _layer(self, layer: LayerSummary) -> Row:
        label = _label(self.names.in_group(layer.name), layer.kind)
        owner = layer.shared_with if self.counts.get(layer.shared_with or "") else None
        shared = owner and self.names.seen(owner, layer.name)
        return Row(
            self._marked(f"{_INDENT * len(self.opened)}{label}", [layer]),
            format_shape(layer.output_shape),
            f"{layer.parameters:,}",
            "",
            f"shared with {shared}" if shared else layer.formula,
            self._reads(layer.name, layer.inputs, layer.name),
        )

    def _group(self, group: str, layers: Sequence[LayerSummary]) -> Row:
        inside = {layer.name for layer in layers}
        read = dict.fromkeys(v for layer in layers for v in layer.inputs if v not in inside)
        shared = self.names.shared_group(group, layers[0])
        label = self._group_label(group, layers)
        return Row(
            self._marked(f"{_INDENT * len(self.opened)}{label}", layers),
            format_shape(layers[-1].output_shape),
            f"{sum(layer.parameters for layer in layers):,}",
            f"{sum(layer.flops for layer in layers):,}",
            f"shared with {self.names.seen(shared, group)}" if shared else "",
            self._reads(group, tuple(read), layers[-1].name),
        )

    def _group_label(self, group: str, layers: Sequence[LayerSummary]) -> str:
        """`vision (8 layers)`, `stage (bottleneck, 16 layers)`, `repeat (3 x bottleneck)`."""
        name, kind = self.names.in_group(group), self._kind(group)
        content = self._repeated(group, layers) if kind == "repeat" else _count(len(layers))
        says_kind = kind == "sequential" or name.startswith(kind)
        return f"{name} ({content if says_kind else f'{kind}, {content}'})"

    def _repeated(self, group: str, layers: Sequence[LayerSummary]) -> str:
        """`3 x bottleneck` or `3 x 4 layers`; `3 x, 14 layers` where the times differ."""
        depth = len(self.names.around(group)) + 1  # of the groups 0, 1, ...
        inner = [self.names.groups_of(layer)[depth:] for layer in layers]
        sizes = Counter(groups[0] for groups in inner)
        blocks = {groups[1] if len(groups) > 1 else "" for groups in inner}
        kinds = {self._kind(block) if block else "" for block in blocks}
        if len(kinds) == 1 and len(blocks) == len(sizes):
            return f"{len(sizes)} x {kinds.pop()}"
        if len(set(sizes.values())) == 1:
            return f"{len(sizes)} x {_count(next(iter(sizes.values())))}"
        return f"{len(sizes)} x, {_count(len(layers))}"

    def _reads(self, reader: str, inputs: tuple[str, ...], last: str) -> str:
        """What a row reads, unless that is the row above; `last` is the layer that it gives."""
        above, self.above = self.above, last
        if inputs == (above,):
            return ""
        return ", ".join(self.names.seen(name, reader) for name in inputs)

    def _marked(self, label: str, layers: Sequence[LayerSummary]) -> str:
        """The label, with the outputs of the network that the layers give."""
        names = [name for layer in layers for name in self.outputs.get(layer.name, ())]
        if not names:
            return label
        own = self.names.in_group(layers[-1].name)
        return f"{label}, output" if names == [own] else f"{label}, output {', '.join(names)}"

    def _kind(self, group: str) -> str:
        return self.summary.scopes[group].kind


def _marked_outputs(summary: Summary) -> Mapping[str, Sequence[str]]:
    """The outputs that each layer gives; none where the only one is the last row."""
    outputs: dict[str, list[str]] = {}
    for name, output in summary.outputs.items():
        outputs.setdefault(output.layer, []).append(name)
    return {} if list(outputs) == [summary.rows[-1].name] else outputs


def _label(name: str, kind: str) -> str:
    """The name, and the kind if the name does not say it; the times of a `repeat` have none."""
    last = name.rpartition(".")[2]
    return name if last.startswith(kind) or last.isdigit() else f"{name} ({kind})"


def _count(layers: int) -> str:
    return f"{layers:,} layer{'s' if layers != 1 else ''}"


def _totals(summary: Summary) -> list[str]:
    other = summary.parameters - summary.trainable
    return [
        f"parameters        {summary.parameters:,}",
        f"  trainable       {summary.trainable:,}",
        f"  non-trainable   {other:,}",
        f"FLOPs per row     {summary.flops:,}",
        f"activations       {summary.activation_bytes:,} bytes per row (float32)",
    ]


def _aligned(rows: Sequence[Row]) -> list[str]:
    """Lines with aligned columns; those of numbers are right-aligned, empty ones left out."""
    columns = [
        _column([head, *cells], number=field in _NUMBERS)
        for field, head, cells in zip(Row._fields, _HEAD, zip(*rows, strict=True), strict=True)
        if any(cells) or field not in _OPTIONAL
    ]
    return ["  ".join(cells).rstrip() for cells in zip(*columns, strict=True)]


def _column(cells: Sequence[str], *, number: bool) -> list[str]:
    width = max(map(len, cells))
    return [cell.rjust(width) if number else cell.ljust(width) for cell in cells]
