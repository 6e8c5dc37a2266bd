"""Registration of modules under the names of a graph's nodes, in containers for its groups."""

from __future__ import annotations

from torch import nn


class LayerGroup(nn.Module):
    """The modules of a group of layers; the network that they belong to calls them."""


class ModuleTree:
    """Adds modules to a root: that of the node `vision/conv2d` is `root.vision.conv2d`.

    Torch allows no dots in the name of a module, so that of `dense.relu` is `dense/relu`.
    """

    def __init__(self, root: nn.Module) -> None:
        self.groups = {"": root}

    def add(self, name: str, module: nn.Module) -> None:
        """Register a module under a node's or a group's name."""
        group, _, last = name.rpartition("/")
        parent = self._group(group)
        parent.add_module(_free_name(parent, last.replace(".", "/")), module)

    def _group(self, name: str) -> nn.Module:
        """The container of a group, which is made when it is first needed."""
        if name not in self.groups:
            container = LayerGroup()
            self.add(name, container)
            self.groups[name] = container
        return self.groups[name]


def _free_name(parent: nn.Module, name: str) -> str:
    """Append underscores to a name that modules use themselves, such as `train` or `type`."""
    return _free_name(parent, f"{name}_") if hasattr(parent, name) else name
