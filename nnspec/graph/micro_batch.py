"""A check of `train.micro_batch`: each layer must treat the rows of a batch one by one."""

from __future__ import annotations

from nnspec.errors import Problem, SpecError
from nnspec.graph.ir import Graph
from nnspec.graph.lower import lower
from nnspec.spec.document import Spec


def check_micro_batch(spec: Spec, graph: Graph) -> None:
    """Raise SpecError, at each layer of which a row depends on the other rows of its batch."""
    found = {node.origin: node for node in lower(graph).nodes if not node.layer.row_independent}
    if found:
        hint = "leave train.micro_batch out, or take layer_normalization or group_normalization"
        raise SpecError(
            Problem(
                f"{node.kind} computes with all rows of a batch, and a micro_batch has a part",
                spec.locate(*node.path),
                hint,
            )
            for node in found.values()
        )
