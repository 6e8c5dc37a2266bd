"""Compile a spec to a resolved graph: the passes build and infer, and checks."""

from __future__ import annotations

from nnspec.errors import check_type
from nnspec.graph import linear_model
from nnspec.graph.build import build_graph
from nnspec.graph.checks import check_expectations, check_targets, check_weights
from nnspec.graph.infer import infer
from nnspec.graph.ir import Graph
from nnspec.graph.monitors import check_monitors
from nnspec.graph.objectives import Objective, objectives
from nnspec.graph.verify import verify
from nnspec.spec.document import Spec


def compile_spec(spec: Spec) -> Graph:
    """The resolved graph of a spec: every shape and weight is inferred, nothing is executed.

    Raises SpecError, at the layer or transform in the spec, if a pass fails.
    """
    check_type(spec, Spec, "nnspec.load makes one of a file, a YAML text or a map")
    graph = verify(infer(build_graph(spec), spec))
    check_weights(spec, graph)
    _check_freeze(spec, graph)
    targets = objectives(spec, graph)
    check_targets(spec, graph, targets)
    _check_augmentation(spec, targets)
    linear_model.check_closed_form(spec, graph)
    check_expectations(spec, graph, targets)
    _check_behaviour(spec, graph, targets)
    check_monitors(spec, targets)
    _check_class_weights(spec, graph, targets)
    _check_micro_batch(spec, graph)
    return graph


def _check_freeze(spec: Spec, graph: Graph) -> None:
    if spec.train.freeze:
        from nnspec.graph.layer_patterns import check_freeze  # few specs have it

        check_freeze(spec, graph)


def _check_augmentation(spec: Spec, targets: tuple[Objective, ...]) -> None:
    if spec.data is not None and spec.data.augment:
        from nnspec.graph.augmentation import check_augmentation  # few specs have it

        check_augmentation(spec, targets)


def _check_behaviour(spec: Spec, graph: Graph, targets: tuple[Objective, ...]) -> None:
    if spec.expect is not None and spec.expect.behaviour:
        from nnspec.graph.behaviour import check_behaviour  # few specs have it

        check_behaviour(spec, graph, targets)


def _check_class_weights(spec: Spec, graph: Graph, targets: tuple[Objective, ...]) -> None:
    if spec.train.class_weight is not None or spec.train.oversample:
        from nnspec.graph.class_weights import check_class_weights  # few specs have them

        check_class_weights(spec, graph, targets)


def _check_micro_batch(spec: Spec, graph: Graph) -> None:
    if spec.train.micro_batch is not None:
        from nnspec.graph.micro_batch import check_micro_batch  # few specs have it

        check_micro_batch(spec, graph)
