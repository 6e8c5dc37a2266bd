"""Random networks compile to graphs that keep what the passes promise."""

from __future__ import annotations

import pytest

from nnspec.graph.verify import verify
from tests.random_graphs import random_case, random_network


@pytest.mark.parametrize("seed", range(200))
def test_it_compiles(seed: int) -> None:
    case = random_case(seed)
    graph = verify(case.graph())
    assert [objective.output for objective in case.setup().objectives] == list(graph.outputs)
    read = {value for node in graph.nodes for value in node.inputs} | set(graph.outputs.values())
    assert graph.specs.keys() <= read  # no dead end


def test_a_seed_gives_one_network() -> None:
    assert random_network(3) == random_network(3) != random_network(4)


def test_the_networks_use_what_graphs_can_do() -> None:
    cases = [random_case(seed) for seed in range(100)]
    graphs = [case.graph() for case in cases]
    kinds = {node.kind for graph in graphs for node in graph.nodes}
    scopes = {scope.kind for graph in graphs for scope in graph.scopes.values()}
    assert scopes == {"sequential", "residual", "branches"}
    assert {"embedding", "dot", "conv2d", "max_pooling2d", "batch_normalization"} <= kinds
    assert any(node.is_shared for graph in graphs for node in graph.nodes)
    assert any(len(graph.uses(value)) > 2 for graph in graphs for value in graph.specs)
    assert {len(graph.outputs) for graph in graphs} == {len(graph.inputs) for graph in graphs}
    assert any(
        len(set(node.input_shapes)) > 1 for graph in graphs for node in graph.nodes
        if node.kind == "multiply"
    )  # fmt: skip
