"""Names of layers and groups in a table: as they are written where they are read."""

from __future__ import annotations

from collections.abc import Iterator

from nnspec.graph.summary import LayerSummary, Summary


class Names:
    """The groups of each layer, and what a layer or group is called in another group.

    Within a group the names of its layers are short: `relu` in the group `vision` is `vision.relu`
    elsewhere.
    """

    def __init__(self, summary: Summary) -> None:
        self.scopes = summary.scopes
        self._groups: dict[str | None, tuple[str, ...]] = {None: ()}
        self._known = {*summary.inputs, *summary.scopes, *(row.name for row in summary.rows)}
        lasts = {group: row.name for row in summary.rows for group in self.groups_of(row)}
        self._ended: dict[str, str] = {}  # last layer of a group -> the outermost such group
        for group in summary.scopes:
            self._ended.setdefault(lasts[group], group)

    def groups_of(self, row: LayerSummary) -> tuple[str, ...]:
        """The groups that a layer stands in, from the outside to the inside."""
        return (*self.around(row.scope), row.scope) if row.scope else ()

    def around(self, group: str | None) -> tuple[str, ...]:
        """The groups that a group stands in, from the outside to the inside."""
        if group not in self._groups:
            parent = self._parent(group or "")
            self._groups[group] = (*self.around(parent), parent) if parent else ()
        return self._groups[group]

    def in_group(self, name: str) -> str:
        """What a layer or group is called in the group where it stands."""
        parent = self._parent(name)
        return _dotted(name.removeprefix(f"{parent}/") if parent else name)

    def seen(self, name: str, reader: str) -> str:
        """What a layer is called where another one reads it: the group, if it is the last in it."""
        name = self._ended.get(name, name)
        inner: list[str] = []  # groups that do not hold it, but may have something of its name
        for group in self._outwards(reader):
            if name.startswith(f"{group}/"):
                short = name.removeprefix(f"{group}/")
                if short.isdigit():  # a time of a `repeat`
                    short = f"{group.rpartition('/')[2]}/{short}"
                hidden = any(f"{one}/{short.partition('/')[0]}" in self._known for one in inner)
                return _dotted(name if hidden else short)
            inner.append(group)
        return _dotted(name)

    def shared_group(self, group: str, first: LayerSummary) -> str | None:
        """The group whose weights a group uses, judged by its first layer."""
        if first.shared_with is None:
            return None
        return first.shared_with.removesuffix(first.name.removeprefix(group))

    def _outwards(self, name: str) -> Iterator[str]:
        """The groups and paths of groups that a name stands in, from the inside to the outside."""
        while name := name.rpartition("/")[0]:
            yield name

    def _parent(self, name: str) -> str | None:
        """The innermost group that holds a layer or group."""
        return next((group for group in self._outwards(name) if group in self.scopes), None)


def _dotted(name: str) -> str:
    return name.replace("/", ".")
