"""Where nodes write the gradients of their weights, and the tasks that add those of shared ones.

A weight that one node uses has one gradient, and may be updated in the task that computes it. Nodes
that share weights each write a gradient of their own; when all have, these are added, in the order
of the nodes. A node whose weights are frozen writes their gradients where nothing reads them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial, reduce

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.backends.numpy.fast.plan import GradientTask, Kernel, combine_tasks
from nnspec.backends.numpy.fast.threads import Task
from nnspec.backends.numpy.parameters import ParameterStore
from nnspec.graph.ir import Node

Gradients = dict[str, Array]  # of the weights of a node, by their names in the node


class WeightGradients:
    """The gradient arrays of the nodes that are trained, and the tasks that fill them."""

    def __init__(self, nodes: Iterable[Node], store: ParameterStore) -> None:
        self.store = store
        self.users: dict[str, list[Node]] = {}  # by owner
        self.unused: dict[str, Gradients] = {}  # of the nodes without trainable weights
        for node in nodes:
            if self._trainable(node):
                self.users.setdefault(node.owner, []).append(node)
            else:
                self.unused[node.name] = self._empty(node)
        self.own: dict[str, Gradients] = {}  # of the nodes that share weights
        self.tasks: dict[str, Sequence[GradientTask]] = {}  # by node

    def is_shared(self, node: Node) -> bool:
        """Whether several nodes use the node's weights."""
        return len(self.users.get(node.owner, ())) > 1

    def arrays(self, node: Node) -> Gradients:
        """The arrays into which a node writes the gradients of its weights."""
        if node.name in self.unused:
            return self.unused[node.name]
        views = self.store.gradients.views
        arrays = {name: views[node.weight_name(name)] for name in self._trainable(node)}
        if not self.is_shared(node):
            return arrays
        self.own[node.name] = {name: np.zeros_like(array) for name, array in arrays.items()}
        return self.own[node.name]

    def add(self, node: Node, kernel: Kernel) -> None:
        """Add the tasks of a node, if its weights are trained."""
        if node.name not in self.unused:
            self.tasks[node.name] = kernel.weight_gradients

    @property
    def shared_tasks(self) -> list[Task]:
        """Tasks for the gradients of each node that shares weights, run before `final_tasks`."""
        return [task.task for node in self._sharing_nodes() for task in self._tasks_of(node)]

    @property
    def final_tasks(self) -> list[GradientTask]:
        """Tasks that write the gradients of all weights, once `shared_tasks` have run."""
        tasks: list[GradientTask] = []
        for nodes in self.users.values():
            tasks += self._tasks_of(nodes[0]) if len(nodes) == 1 else self._sums(nodes)
        return tasks

    def _sums(self, nodes: list[Node]) -> list[GradientTask]:
        """The task that adds the gradients of nodes that share weights."""
        first, store = nodes[0], self.store.gradients
        caches = [task.refresh for node in nodes for task in self._tasks_of(node) if task.refresh]
        names = {name: first.weight_name(name) for name in self.own[first.name]}
        adds = [
            partial(_add_all, [self.own[node.name][name] for node in nodes], store.views[full])
            for name, full in names.items()
        ]
        spans = [store.spans[full] for full in names.values()]
        refresh = combine_tasks(caches) if caches else None
        return [GradientTask(combine_tasks(adds), spans, refresh=refresh)]

    def _sharing_nodes(self) -> Iterable[Node]:
        return (node for nodes in self.users.values() if len(nodes) > 1 for node in nodes)

    def _tasks_of(self, node: Node) -> Sequence[GradientTask]:
        return self.tasks.get(node.name, ())

    def _empty(self, node: Node) -> Gradients:
        """Uninitialised arrays for all weights of a node."""
        dtype = self.store.gradients.flat.dtype
        return {name: np.empty(shape, dtype) for name, shape in node.weight_shapes.items()}

    def _trainable(self, node: Node) -> list[str]:
        return [name for name, weight in node.weights.items() if weight.trainable]


def _add_all(addends: Sequence[Array], total: Array) -> None:
    np.copyto(total, reduce(np.add, addends))
