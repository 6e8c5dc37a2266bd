"""The Spec and its sections: pydantic models of the whole document."""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from nnspec.components.layers.base import Layer
from nnspec.components.losses.base import Loss
from nnspec.components.metrics.base import Metric
from nnspec.components.optimizers.base import Solver
from nnspec.components.preprocessing.base import Transform
from nnspec.components.sources.base import Source
from nnspec.errors import SourceSpan
from nnspec.language.located import LocatedMap, locate, value_at
from nnspec.options.component import ComponentField
from nnspec.options.component import to_plain as plain_values
from nnspec.options.model import Before, Core, Is, Record
from nnspec.options.types import (
    BatchSize,
    Bool,
    Dimensions,
    Float,
    Int,
    NonNegativeFloat,
    PositiveInt,
    Str,
)
from nnspec.spec.advice import Code
from nnspec.spec.tune import Tune

_NAME = re.compile(r"\w[\w .+-]{0,99}")
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # \w for editors, whose \w is ASCII: no other ASCII character
_WRITTEN_NAME = Annotated[Str, Is(pattern=f"^{_LETTER}({_LETTER}|[ .+-])*$", max_length=100)]
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows


def _name(value: Any) -> Any:
    """A name becomes a folder's name, so it must not lead anywhere else."""
    if not isinstance(value, str):
        return value
    if not _NAME.fullmatch(value) or value[-1] in " ." or RESERVED.fullmatch(value):
        raise ValueError("must be 1 to 100 letters, digits, spaces and . _ + -")
    return value


class _Given:
    """In `Annotated`: what is written must say something; an empty `data:` is no absent one."""

    def core(self, schema: Core) -> Core:
        """The schema of what may be None, without the None."""
        inner: Core = schema["schema"]
        return inner


def _split(value: Any) -> Any:
    """`0.1` means the last tenth."""
    return {"fraction": value} if isinstance(value, int | float) else value


_Fraction = Annotated[Float, Is(gt=0, lt=1)]


class ValidationSplit(Record):
    """Rows taken from the training rows for validation."""

    fraction: _Fraction
    select: Literal["last", "random"] = "last"


class Data(Record):
    """Where rows come from and what is done to them before the network sees them."""

    source: Annotated[Source, ComponentField("source")]
    inputs: tuple[Annotated[Transform, ComponentField("preprocessing")], ...] = ()
    targets: tuple[Annotated[Transform, ComponentField("preprocessing")], ...] = ()


class Network(Record):
    """The layers in order; `input_shape` is one row, without the batch axis."""

    input_shape: Dimensions | None = None
    layers: Annotated[tuple[Annotated[Layer, ComponentField("layer")], ...], Is(min_length=1)]


class TrainOptions(Record):
    """How long and in which portions to train. `batch_size: all` takes every row at once."""

    epochs: Annotated[Int, Is(ge=0)] = 1
    batch_size: BatchSize = 32
    shuffle: Bool = True
    validation_split: (
        Annotated[ValidationSplit, Before(_split, _Fraction | ValidationSplit)] | None
    ) = None
    seed: Annotated[Int, Is(ge=0)] = 0


class Expect(Record):
    """Figures that the spec's source reports; `run` prints them beside what came out."""

    parameters: PositiveInt | None = None
    train: dict[Str, Float] = MappingProxyType({})  # type: ignore[assignment]
    test: dict[Str, Float] = MappingProxyType({})  # type: ignore[assignment]
    tolerance: NonNegativeFloat = 0.01


class Spec(Record):
    """A whole document. Only `network` is needed to summarise, the rest to train.

    `silence` lists the codes of advice that `nnspec lint` leaves out.
    """

    name: Annotated[Str, Before(_name, _WRITTEN_NAME)] = "network"
    data: Annotated[Data | None, _Given()] = None
    network: Network
    loss: Annotated[Loss | None, ComponentField("loss")] = None
    optimizer: Annotated[Solver | None, ComponentField("optimizer")] = None
    metrics: tuple[Annotated[Metric, ComponentField("metric")], ...] = ()
    train: TrainOptions = TrainOptions()
    tune: Annotated[Tune | None, _Given()] = None
    expect: Annotated[Expect | None, _Given()] = None
    silence: tuple[Code, ...] = ()

    _written: Any = None  # the marked map it was read from
    _folder: Path = Path()  # where its relative paths start
    _draft: Any = None  # what it was made from

    @property
    def folder(self) -> Path:
        """The folder from which the spec's relative paths start."""
        return self._folder

    @property
    def draft(self) -> Any:
        """The `nnspec.spec.loader.Draft` that it was made from; None for a spec made in Python."""
        return self._draft

    def locate(self, *path: str | int) -> SourceSpan | None:
        """Where the deepest written value on `path` stands; None for a spec made in Python.

        A component is pointed at by its kind, be it written with options or without.
        """
        found = value_at(self._written, path)
        if isinstance(found, LocatedMap) and len(found) == 1:
            return next(iter(found.key_places.values()))
        return locate(self._written, path)

    def plain(self) -> dict[str, Any]:
        """The resolved spec as plain values, every default written out."""
        values: dict[str, Any] = plain_values(self)
        return {key: value for key, value in values.items() if value not in ([], {})}
