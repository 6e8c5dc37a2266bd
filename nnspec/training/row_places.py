"""Places of numbers that a spec itself holds: the rows of its source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nnspec.components.sources.inline import InlineRows
from nnspec.data.row_origin import RowOrigin, Side
from nnspec.errors import SourceSpan
from nnspec.graph.ir import Path
from nnspec.spec.data_steps import StepList, step_lists
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
    own = _own_name(spec, side, name)
    return source_place(spec, origin, own, index[:1] if last_step(spec, side, own) else index)


def source_place(
    spec: Spec, origin: RowOrigin, array: str, index: Sequence[int]
) -> SourceSpan | None:
    """Where a number of an array of the source is written; None unless the spec holds its row."""
    source = spec.data.source if spec.data else None
    if not isinstance(source, InlineRows) or not origin.part:
        return None
    own_test = origin.part == "test" and source.test is not None
    part = ("test",) if own_test else ()
    inputs = source.inputs
    side = "inputs" if isinstance(inputs, Mapping) and array in inputs else "targets"
    path = (array,) if array in ("inputs", "targets") else (side, array)
    row, *inner = map(int, index)
    return spec.locate("data", "source", "rows", *part, *path, origin.number(row), *inner)


def source_name(spec: Spec, side: Side, name: str) -> str:
    """What the source calls an array of the network: its columns, or its side if it has no name."""
    own = _own_name(spec, side, name)
    columns = next((one.names for one in _lists(spec, side, own)), ())
    return ", ".join(columns) or own


def last_step(spec: Spec, side: Side, name: str) -> Path:
    """The path of the last step of an array of the network; empty if it has none."""
    lists = _lists(spec, side, _own_name(spec, side, name))
    return (*lists[0].path, len(lists[0].steps) - 1) if lists and lists[0].steps else ()


def _own_name(spec: Spec, side: Side, name: str) -> str:
    """The name of an array of the network in the data section; its side where it has none."""
    if spec.data is None:
        return side
    names = getattr(spec.data.source, side, None)
    written = getattr(spec.data, side)
    given = next((one for one in (names, written) if isinstance(one, Mapping)), None)
    if given is None:
        return side
    return next(iter(given)) if len(given) == 1 else name


def _lists(spec: Spec, side: Side, own: str) -> tuple[StepList, ...]:
    """The lists of steps of an array, by its name in the data section."""
    if spec.data is None:
        return ()
    lists = step_lists(getattr(spec.data, side), ("data", side))
    return lists.get("", lists.get(own, ()))
