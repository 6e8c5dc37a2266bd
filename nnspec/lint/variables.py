"""Rules of advice on the variables of a spec's file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.errors import SourceSpan, quoted
from nnspec.graph.ir import Graph
from nnspec.lint.findings import Finding
from nnspec.spec.document import Spec


def unused_variable(spec: Spec, _: Graph) -> Iterator[Finding]:
    """A variable that the spec's own file defines, and no expression reads."""
    root = _document(spec)
    if root is None or "vars" not in root:
        return
    from nnspec.spec.variables import unread  # most specs have no variables

    for name, place in unread(root).items():
        if place.document is root.place.document:
            yield Finding(("vars", name), f"nothing reads the variable {quoted(name)}")


def variable_place(spec: Spec, name: Any) -> SourceSpan | None:
    """Where a variable is defined."""
    root = _document(spec)
    return None if root is None else root["vars"].key_places.get(name)


def _document(spec: Spec) -> Any:
    """The document with its variables; None for a spec that was made in Python."""
    return None if spec.draft is None else spec.draft.root
