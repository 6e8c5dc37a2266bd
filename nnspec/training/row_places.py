"""Places of numbers that a spec itself holds: the rows of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nnspec.components.sources.inline import InlineRows
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.errors import SourceSpan
from nnspec.graph.ir import Path
from nnspec.spec.document import Spec


def number_place(
    spec: Spec | None, origin: RowOrigin, side: Side, name: str, index: Sequence[int]
) -> SourceSpan | None:
    """Where a number of a prepared array is written; None unless the spec holds its row.

    After preprocessing it is the row that is known, not the place in it. `name` is what the
    network calls the array.
    """
    if spec is None:
        return None
    own = source_name(spec, side, name)
    return source_place(spec, origin, own, index[:1] if last_step(spec, side, own) else index)


def source_place(
    spec: Spec, origin: RowOrigin, array: str, index: Sequence[int]
) -> SourceSpan | None:
    """Where a number of an array of the source is written; None unless the spec holds its row."""
    source = spec.data.source if spec.data else None
    if not isinstance(source, InlineRows) or not origin.part:
        return None
    part = ("test",) if origin.part == "test" else ()
    inputs = source.inputs
    side = "inputs" if isinstance(inputs, Mapping) and array in inputs else "targets"
    path = (array,) if array in ("inputs", "targets") else (side, array)
    row, *inner = map(int, index)
    return spec.locate("data", "source", "rows", *part, *path, origin.number(row), *inner)


def source_name(spec: Spec, side: Side, name: str) -> str:
    """What the source calls an array of the network: its side where it is the only one."""
    source, steps = (spec.data.source, _steps(spec, side)) if spec.data else (None, ())
    names = getattr(source, side, None)
    given = names if isinstance(names, Mapping) else steps
    if not isinstance(given, Mapping):
        return side
    return next(iter(given)) if len(given) == 1 else name


def last_step(spec: Spec, side: Side, name: str) -> Path:
    """The path of the last step of an array of the source; empty if it has none."""
    steps = _steps(spec, side)
    if not isinstance(steps, Mapping):
        return ("data", side, len(steps) - 1) if steps else ()
    own = steps.get(name, ())
    return ("data", side, name, len(own) - 1) if own else ()


def _steps(spec: Spec, side: Side) -> Any:
    return getattr(spec.data, side) if spec.data else ()
