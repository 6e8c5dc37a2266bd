"""The Spec and its sections: pydantic models of the whole document."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PrivateAttr, model_validator

from nnspec.components.layers.base import LayerItem
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Solver
from nnspec.components.sources.base import DataSpec
from nnspec.errors import SourceSpan, quoted
from nnspec.language.located import LocatedMap, end_place, key_place, locate, value_at
from nnspec.options.component import to_plain as plain_values
from nnspec.options.messages import LocatedError
from nnspec.options.model import Model
from nnspec.options.types import (
    NonNegativeFloat,
    NotEmpty,
    OpenDimensions,
    Reference,
)
from nnspec.options.validation import (
    ComponentField,
    ComponentsField,
    LazyModel,
    NamedComponentField,
)
from nnspec.spec.advice import Code
from nnspec.spec.data_section import Data
from nnspec.spec.expect import Expect
from nnspec.spec.spec_name import SpecName
from nnspec.spec.train_options import TrainOptions

if TYPE_CHECKING:
    from nnspec.components.trackers.base import Tracker
    from nnspec.spec.tune import Tune

    TuneField = Tune | None
    TrackField = tuple[Tracker, ...]
else:  # few specs have them, and their modules make classes
    TuneField = Annotated[Any, LazyModel("nnspec.spec.tune:Tune", "tune")]
    TrackField = Annotated[Any, ComponentsField("tracker")]


class InputOptions(Model):
    """Shape of one row of an input, without the batch axis, and its type.

    A size that is null is left open: the data tell it.
    """

    shape: OpenDimensions | None = None
    dtype: Literal["float32", "int32", "int64"] = "float32"


def _by_name(value: Any) -> Any:
    """`[price, kind]` means {price: price, kind: kind}; `price` means [price]."""
    names = [value] if isinstance(value, str) else value
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        return value
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"names {quoted(twice)} twice")
    return {name: name for name in names}


_Outputs = Annotated[dict[Reference, str], Field(min_length=1)]


class Network(Model):
    """The layers in order; `input_shape` is one row, without the batch axis, null an open size.

    A network with several inputs names them in `inputs`; `outputs` are the layers whose values it
    gives, the last one where it is absent.
    """

    input_shape: OpenDimensions | None = None
    inputs: Annotated[dict[str, InputOptions], Field(min_length=1)] | None = None
    layers: Annotated[
        tuple[Annotated[LayerItem, ComponentField("layer")], ...], Field(min_length=1)
    ]
    outputs: (
        Annotated[
            _Outputs, BeforeValidator(_by_name, json_schema_input_type=tuple[str, ...] | _Outputs)
        ]
        | None
    ) = None

    @model_validator(mode="after")
    def _check_inputs(self) -> Self:
        if self.inputs is not None and self.input_shape is not None:
            raise LocatedError("has inputs, each with its shape, and an input_shape", "input_shape")
        for name in self.inputs or ():
            if not name.isidentifier():
                message = f"{quoted(name)} is no name of an input: use letters, digits and _"
                raise LocatedError(message, "inputs", name)
        return self


class Spec(Model):
    """A whole document. Only `network` is needed to summarise, the rest to train.

    A network with several outputs has a loss, and metrics, for each by its name; the total is the
    sum of the losses times their `loss_weights` (1 where none is given).
    `track` names where the curves are kept besides the run's folder: TensorBoard, MLflow.
    `silence` lists the codes of advice that `nnspec lint` leaves out.
    """

    name: SpecName = "network"
    data: Annotated[Data | None, NotEmpty()] = None
    network: Network
    loss: Annotated[Loss | dict[str, Loss] | None, NamedComponentField("loss")] = None
    loss_weights: dict[str, NonNegativeFloat] | None = None
    optimizer: Annotated[Solver | None, ComponentField("optimizer")] = None
    metrics: Annotated[
        tuple[Metric, ...] | dict[str, tuple[Metric, ...]], ComponentsField("metric")
    ] = ()
    train: TrainOptions = Field(default_factory=TrainOptions.model_construct)
    tune: TuneField = None
    track: TrackField = ()
    expect: Annotated[Expect | None, NotEmpty()] = None
    silence: tuple[Code, ...] = ()

    _written: Any = PrivateAttr(None)  # the located map that it was read from
    _folder: Path = PrivateAttr(Path())  # where its relative paths start
    _draft: Any = PrivateAttr(None)  # the UnresolvedSpec that it was made from
    _data_spec: DataSpec | None = PrivateAttr(None)  # where it is known without the source
    _prepared_spec: DataSpec | None = PrivateAttr(None)  # where only the data told it

    def __eq__(self, other: object) -> bool:
        """Whether all options are equal, wherever the specs were read from."""
        return isinstance(other, Spec) and self.options() == other.options()

    __hash__ = None  # type: ignore[assignment]  # `expect` holds maps

    @model_validator(mode="after")
    def _check_track(self) -> Self:
        for index, tracker in enumerate(self.track):
            if tracker in self.track[:index]:
                raise LocatedError(f"{tracker.kind} is named twice", "track", index)
        return self

    def with_origin(self, *, written: Any = None, folder: Path = Path(), draft: Any = None) -> Self:
        """A copy with the document, the folder and the draft that it was made from."""
        return self._with(_written=written, _folder=folder, _draft=draft)

    def with_section_at(self, key: str, place: SourceSpan) -> Self:
        """A copy in which a section that is not written stands at a place, for messages."""
        if not isinstance(self._written, LocatedMap) or key in self._written:
            return self
        written = self._written.copy()
        written.put(key, LocatedMap(place), place, place)
        return self._with(_written=written)

    def with_data_spec(self, data_spec: DataSpec | None) -> Self:
        """A copy that is compiled without a look at its source: `data_spec` says what it holds."""
        return self._with(_data_spec=data_spec)

    def _with(self, **private: Any) -> Self:
        """A copy with other private attributes."""
        copy = self.model_copy()
        for name, value in private.items():
            setattr(copy, name, value)
        return copy

    @property
    def data_spec(self) -> DataSpec | None:
        """The shapes and dtypes of the source's rows, where they are known without the source."""
        return self._data_spec

    def with_prepared_spec(self, prepared_spec: DataSpec | None) -> Self:
        """A copy with the shapes and dtypes of prepared rows, which only its data tell."""
        return self._with(_prepared_spec=prepared_spec)

    @property
    def prepared_spec(self) -> DataSpec | None:
        """The shapes and dtypes of prepared rows, where the spec alone does not tell them."""
        return self._prepared_spec

    @property
    def folder(self) -> Path:
        """The folder from which the spec's relative paths start."""
        return self._folder

    @property
    def draft(self) -> Any:
        """The `UnresolvedSpec` that it was made from; None for a spec made in Python."""
        return self._draft

    def locate(self, *path: str | int) -> SourceSpan | None:
        """Where the deepest written value on `path` stands; None for a spec made in Python.

        A component is pointed at by its kind, be it written with options or without.
        """
        found = value_at(self._written, path)
        if isinstance(found, LocatedMap) and len(found) == 1:
            return next(iter(found.key_places.values()))
        place = locate(self._written, path)
        return self._kind_place(path, place) or place

    def _kind_place(
        self, path: tuple[str | int, ...], place: SourceSpan | None
    ) -> SourceSpan | None:
        """Where the kind of a list's item stands, if the item is what stands at a place."""
        for end in range(len(path), 0, -1):
            found = value_at(self._written, path[:end]) if isinstance(path[end - 1], int) else None
            if isinstance(found, LocatedMap) and len(found) == 1 and found.place == place:
                return next(iter(found.key_places.values()))
        return None

    def locate_key(self, *path: str | int) -> SourceSpan | None:
        """Where the key at the end of `path` stands; None for a spec made in Python."""
        return key_place(self._written, path)

    def place_of_missing(self) -> SourceSpan | None:
        """Where a missing section would stand: the document's end; None for one from Python."""
        return end_place(self._written.place.document) if self._written else None

    def _repr_html_(self) -> str:
        """The resolved spec as YAML, for notebooks."""
        from html import escape

        from nnspec.language import writer

        return f"<pre>{escape(writer.dump(self.plain()))}</pre>"

    def plain(self) -> dict[str, Any]:
        """The resolved spec as plain values, every default written out."""
        values: dict[str, Any] = plain_values(self)
        return {key: value for key, value in values.items() if value not in ([], {})}
