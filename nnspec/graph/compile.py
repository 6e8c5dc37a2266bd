"""Compilation of a spec to a resolved graph: build, lower, infer, then checks."""

from __future__ import annotations

from nnspec.graph import linear_model
from nnspec.graph.build import build_graph
from nnspec.graph.infer import infer
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.graph.verify import check_expectations, check_initializers, check_targets
from nnspec.spec.document import Spec


def compile_spec(spec: Spec) -> Graph:
    """The resolved graph of a spec: every shape and weight known, nothing run.

    Raises SpecError, with the place of the layer or step, where something does not fit.
    """
    graph = infer(lower(build_graph(spec)), spec)
    check_initializers(spec, graph)
    check_targets(spec, graph)
    linear_model.check_closed_form(spec, graph)
    check_expectations(spec)
    return graph
