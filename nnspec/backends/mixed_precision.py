"""Which nodes precision `mixed_bfloat16` computes in bfloat16."""

from __future__ import annotations

from nnspec.graph.ir import Node


def multiplies_kernel(node: Node) -> bool:
    """Whether a node's work is products with a kernel: dense layers and convolutions."""
    return any(name.endswith("kernel") for name in node.weights)
