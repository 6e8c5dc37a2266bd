"""Compilation of specs of which only the data tell the shapes of the inputs."""

from __future__ import annotations

from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.graph.network_inputs import lacks_shapes
from nnspec.spec.document import Spec


def compile_with_data(spec: Spec) -> Graph:
    """The graph of a spec, whose data are read where they alone tell the shape of an input."""
    return compile_spec(with_data_shapes(spec))


def with_data_shapes(spec: Spec) -> Spec:
    """The spec with all shapes of its inputs; its data are read where the spec lacks some."""
    if spec.data is None or not lacks_shapes(spec):
        return spec
    from nnspec.training.prepared_data import read_for_shapes  # imports NumPy

    found, _ = read_for_shapes(spec)
    return found
