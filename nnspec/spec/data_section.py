"""The `data` section: where rows come from, and what is done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from nnspec.components.sources.base import Source
from nnspec.errors import quoted
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.types import NotEmpty
from nnspec.options.validation import ComponentField, ComponentsField, LazyModel
from nnspec.spec.data_steps import DataSideField

if TYPE_CHECKING:
    from nnspec.components.augmentation.base import Augmentation
    from nnspec.spec.column_contracts import ColumnContract
    from nnspec.spec.data_steps import Side as DataSide
    from nnspec.spec.splitting import Split

    SplitField = Split | None
    ContractField = ColumnContract
    SideField = DataSide
    AugmentField = tuple[Augmentation, ...] | dict[str, tuple[Augmentation, ...]]
else:  # few specs have them, and their modules make classes
    SplitField = Annotated[Any, LazyModel("nnspec.spec.splitting:Split", "split")]
    ContractField = Annotated[
        Any, LazyModel("nnspec.spec.column_contracts:ColumnContract", "the contract")
    ]
    SideField = Annotated[Any, DataSideField("preprocessing")]
    AugmentField = Annotated[Any, ComponentsField("augmentation")]


_ColumnName = Annotated[str, Field(min_length=1)]
_Dropped = Annotated[tuple[_ColumnName, ...], Field(min_length=1)]
_Renamed = Annotated[dict[_ColumnName, _ColumnName], Field(min_length=1)]


class Data(Model):
    """Where rows come from and what is done to them before the network sees them.

    `inputs` and `targets` are the steps of the only array, or a map from names to steps. Of a
    table they are groups of columns, such as `{columns: [age, income], steps: [standardize]}`: one,
    a list of groups that are joined to one array, or a map from names to these. `columns` says
    what the cells of a table's columns must hold, such as `{age: {type: number, minimum: 0}}`.
    `split` keeps rows from training, for validation and for the test. `leaks` says whether rows or
    columns that give the test away are advised on, or are errors.

    `augment` are random changes of the prepared inputs of training rows: a list of steps, or a map
    from names of inputs to such lists.

    `drop` lists columns of a table that are taken out before a pattern such as `*` is looked up;
    `rename` gives columns other names, {old: new}, by which the rest of the section calls them.

    With `stream` the inputs stay in files and are read a few blocks at a time, for data larger than
    memory; the result is the same.
    """

    source: Annotated[Source, ComponentField("source")]
    drop: Annotated[_Dropped | None, NotEmpty()] = None
    rename: Annotated[_Renamed | None, NotEmpty()] = None
    inputs: SideField = ()
    targets: SideField = ()
    augment: AugmentField = ()
    stream: bool = False
    columns: Annotated[
        Annotated[dict[str, ContractField], Field(min_length=1)] | None, NotEmpty()
    ] = None
    split: SplitField = None
    leaks: Literal["advise", "error"] = "advise"

    @model_validator(mode="after")
    def _check_columns(self) -> Self:
        renamed, names = self.rename or {}, list((self.rename or {}).values())
        for old, new in renamed.items():
            if old in (self.drop or ()):
                raise LocatedError(f"{quoted(old)} is dropped", "rename", old)
            if names.count(new) > 1 or "*" in new:
                why = "stands for any characters" if "*" in new else "is the name of two columns"
                raise LocatedError(f"{quoted('*' if '*' in new else new)} {why}", "rename", old)
        return self
