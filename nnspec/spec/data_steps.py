"""The preprocessing steps of each input and target, and where they stand in the spec.

An array of a source has one list of steps, a table's columns have a list for each group.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import Problem, SpecError
from nnspec.language.located import locate
from nnspec.options.messages import describe_value
from nnspec.options.validation import ComponentsField, collect, validate

if TYPE_CHECKING:  # few specs have columns, and their module makes a class
    from nnspec.spec.column_groups import ColumnGroup

    Groups = ColumnGroup | tuple[ColumnGroup, ...]
    Side = tuple[Transform, ...] | Groups | Mapping[str, tuple[Transform, ...] | Groups]
else:
    Side = Any

Path = tuple[str | int, ...]
Columns = str | tuple[str, ...]


class StepList(NamedTuple):
    """The steps of an array or of a group of columns, and the path of their list."""

    path: Path
    steps: tuple[Transform, ...]
    columns: Columns | None = None  # a table's: one name, or several

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the columns; none of an array."""
        return as_names(self.columns or ())

    @property
    def located(self) -> Iterator[tuple[Path, Transform]]:
        """Each step with its path."""
        yield from (((*self.path, number), step) for number, step in enumerate(self.steps))


def step_lists(side: Side, path: Path) -> dict[str, tuple[StepList, ...]]:
    """The lists of steps of each input or target of `side`; the only one has the name ""."""
    if isinstance(side, Mapping):
        return {name: tuple(_lists(one, (*path, name))) for name, one in side.items()}
    return {"": tuple(_lists(side, path))}


def array_steps(side: Side, path: Path, name: str) -> StepList:
    """The steps of an array of a source, by its name or the only ones; none where it has none."""
    lists = step_lists(side, path)
    (first, *_) = lists[""] if "" in lists else lists.get(name, (StepList((*path, name), ()),))
    return first if first.columns is None else StepList(path, ())


def has_columns(side: Side) -> bool:
    """Whether the inputs or the targets are columns of a table."""
    return any(one.columns for one in _all_lists(side, ()))


def column_names(side: Side) -> list[str]:
    """The names of the columns of the inputs or targets, as they are written, each once."""
    return list(dict.fromkeys(name for one in _all_lists(side, ()) for name in one.names))


def as_names(columns: Columns) -> tuple[str, ...]:
    """The names of a group's columns."""
    return (columns,) if isinstance(columns, str) else columns


def column_path(side: Side, path: Path, name: str) -> Path:
    """The path of a column's name in `side`, which stands at `path`; that one where it has none."""
    for one in _all_lists(side, path):
        group = (*one.path[:-1], "columns")
        if name in one.names:
            return group if name == one.columns else (*group, one.names.index(name))
    return path


def _all_lists(side: Side, path: Path) -> Iterator[StepList]:
    """The lists of steps of all inputs or targets."""
    return chain.from_iterable(step_lists(side, path).values())


def _lists(one: Any, path: Path) -> Iterator[StepList]:
    """The lists of steps of one input or target."""
    if _is_group(one):
        yield StepList((*path, "steps"), one.steps, one.columns)
    elif _has_groups(one):
        for number, group in enumerate(one):
            yield from _lists(group, (*path, number))
    else:
        yield StepList(path, one)


class DataSideField(ComponentsField):
    """pydantic annotation of `inputs` or `targets`: steps of an array, or groups of columns.

    Several inputs or targets are a map from their names to such values.
    """

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A list of steps, a group of columns, a list of groups, or a map of these."""
        steps, _ = super().__get_pydantic_json_schema__(schema, handler)["anyOf"]
        group = _group_class()
        group.model_rebuild()
        columns = handler(group.__pydantic_core_schema__)
        one = [steps, columns, {"type": "array", "items": columns, "minItems": 1}]
        named = {"type": "object", "additionalProperties": {"anyOf": one}}
        return {"anyOf": [*one, {**named, "not": {"required": ["columns"]}}]}

    def validate(self, value: Any) -> Any:
        """The steps, the group or the groups, or each by its name."""
        if _are_columns(value):
            return _read_groups(value)
        if not isinstance(value, Mapping) or not any(map(_are_columns, value.values())):
            return super().validate(value)
        return collect({name: partial(self._named_side, value, name) for name in value})

    def _named_side(self, parent: Any, name: str) -> Any:
        one = parent[name]
        return _read_groups(one) if _are_columns(one) else self._named(parent, name, one)


def _read_groups(value: Any) -> Any:
    """The group, or the groups of a list."""
    if isinstance(value, list | tuple):
        readers = {n: partial(_read_group, one, value, n) for n, one in enumerate(value)}
        return tuple(collect(readers).values())
    return _read_group(value)


def _read_group(value: Any, parent: Any = None, number: int = 0) -> ColumnGroup:
    if isinstance(value, _group_class()):
        return value
    if not _is_group(value):
        message = f"expected a group of columns, got {describe_value(value)}"
        place = getattr(value, "place", None) or locate(parent, [number])
        raise SpecError(Problem(message, place, "for example {columns: [age, income], steps: []}"))
    return validate(_group_class(), value, "the group of columns")


def _group_class() -> type[ColumnGroup]:
    from nnspec.spec.column_groups import ColumnGroup

    return ColumnGroup


def _is_group(value: Any) -> bool:
    """Whether a value is a group of columns, or is written as one: a map with `columns`."""
    written = isinstance(value, Mapping) and "columns" in value
    return written or isinstance(getattr(value, "columns", None), str | tuple)


def _are_columns(value: Any) -> bool:
    """Whether a value is a group of columns, or a list of such groups."""
    return _is_group(value) or _has_groups(value)


def _has_groups(value: Any) -> bool:
    """Whether any item of a list is a group of columns."""
    return isinstance(value, list | tuple) and any(map(_is_group, value))
