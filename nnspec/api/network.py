"""A compiled network: shapes, parameters and FLOPs of its layers, without running anything."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import final

from nnspec.api.specs import Overrides, SpecSource, load
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.summary import LayerSummary, Summary, summarise
from nnspec.graph.summary_table import table
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.document import Spec
from nnspec.training.data_shapes import with_data_shapes


@final
class CompiledNetwork:
    """The resolved graph of a spec; `str()` of it is the table that `nnspec summary` prints."""

    def __init__(self, spec: Spec, graph: Graph) -> None:
        self.spec, self.graph = spec, graph

    @cached_property
    def summary(self) -> Summary:
        """A row for each layer of the spec, with shapes, parameters and FLOPs."""
        return summarise(self.graph)

    @property
    def layers(self) -> tuple[LayerSummary, ...]:
        """The layers in order: name, kind, output shape, parameters with their formula, FLOPs."""
        return self.summary.rows

    @property
    def inputs(self) -> Mapping[str, TensorSpec]:
        """Shape and dtype of a row of each input."""
        return self.summary.inputs

    @property
    def outputs(self) -> Mapping[str, TensorSpec]:
        """Shape and dtype of a row of each output."""
        return {name: output.spec for name, output in self.summary.outputs.items()}

    @property
    def parameters(self) -> int:
        """The number of parameters."""
        return self.summary.parameters

    @property
    def trainable(self) -> int:
        """The number of trainable parameters."""
        return self.summary.trainable

    @property
    def flops(self) -> int:
        """Floating-point operations of one row's forward pass."""
        return self.summary.flops

    def svg(self, depth: int | None = None) -> str:
        """The network as an SVG picture, groups opened down to a depth, as `nnspec draw` does."""
        from nnspec.drawing.diagram import diagram
        from nnspec.drawing.svg import to_svg

        return to_svg(diagram(self.summary, depth))

    def __str__(self) -> str:
        return table(self.summary)

    def __repr__(self) -> str:
        return f"<CompiledNetwork {self.summary.name!r}: {self.parameters:,} parameters>"

    def _repr_html_(self) -> str:
        from nnspec.api.html import network_html

        return network_html(str(self), self.svg())


def compile(spec: SpecSource, overrides: Overrides = ()) -> CompiledNetwork:  # noqa: A001
    """Work out every shape and parameter of a spec; `spec` is whatever `nnspec.load` takes.

    Where the data alone tell a shape, they are read. Raises SpecError, at the layer, where shapes
    do not fit.

    >>> import nnspec
    >>> network = nnspec.compile("network: {input_shape: [4], layers: [{dense: 3}]}")
    >>> network.parameters
    15
    """
    loaded = with_data_shapes(load(spec, overrides))
    return CompiledNetwork(loaded, compile_spec(loaded))
