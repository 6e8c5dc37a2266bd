"""The document that a user may write, validated: sections, defaults, and located mistakes."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PrivateAttr, Strict

from nnspec import template
from nnspec.component import Of, Record, validate
from nnspec.component import plain as plain_values
from nnspec.errors import Place, Problem, SpecError
from nnspec.fields import Dimensions, NonNegativeNumber, Number, PositiveInt, Text, Truth
from nnspec.layers.base import Layer
from nnspec.losses import Loss
from nnspec.metrics import Metric
from nnspec.optimizers import Optimizer
from nnspec.prep import Preparation
from nnspec.source import Map, at, locate
from nnspec.sources import Source

_NAME = re.compile(r"\w[\w .+-]{0,99}")
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # \w for editors, whose \w is ASCII: no other ASCII character
_WRITTEN_NAME = Annotated[str, Field(pattern=f"^{_LETTER}({_LETTER}|[ .+-])*$", max_length=100)]
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows


def _name(value: Any) -> Any:
    """A name becomes a folder's name, so it must not lead anywhere else."""
    if not isinstance(value, str):
        return value
    if not _NAME.fullmatch(value) or value[-1] in " ." or _RESERVED.fullmatch(value):
        raise ValueError("a name has letters, digits, spaces and . _ + - only, 100 at most")
    return value


def _split(value: Any) -> Any:
    """`0.1` means the last tenth."""
    return {"fraction": value} if isinstance(value, int | float) else value


_Fraction = Annotated[float, Strict(), Field(gt=0, lt=1)]


class ValidationSplit(Record):
    """Rows taken from the training rows for validation."""

    fraction: _Fraction
    select: Literal["last", "random"] = "last"


class Data(Record):
    """Where rows come from and what is done to them before the network sees them."""

    source: Annotated[Source, Of("source")]
    inputs: tuple[Annotated[Preparation, Of("preparation")], ...] = ()
    targets: tuple[Annotated[Preparation, Of("preparation")], ...] = ()


class Network(Record):
    """The layers in order; `input_shape` is one row, without the batch axis."""

    input_shape: Dimensions | None = None
    layers: Annotated[tuple[Annotated[Layer, Of("layer")], ...], Field(min_length=1)]


class Train(Record):
    """How long and in which portions to train. `batch_size: all` takes every row at once."""

    epochs: Annotated[int, Strict(), Field(ge=0)] = 1
    batch_size: PositiveInt | Literal["all"] = 32
    shuffle: Truth = True
    validation_split: (
        Annotated[ValidationSplit, BeforeValidator(_split, _Fraction | ValidationSplit)] | None
    ) = None
    seed: Annotated[int, Strict(), Field(ge=0)] = 0


class Expect(Record):
    """Figures that the spec's source reports; `run` prints them beside what came out."""

    parameters: PositiveInt | None = None
    train: dict[Text, Number] = Field(default_factory=dict)
    test: dict[Text, Number] = Field(default_factory=dict)
    tolerance: NonNegativeNumber = 0.01


class Spec(Record):
    """A whole document. Only `network` is needed to summarise, the rest to train."""

    name: Annotated[Text, BeforeValidator(_name, _WRITTEN_NAME)] = "network"
    data: Data | None = None
    network: Network
    loss: Annotated[Loss, Of("loss")] | None = None
    optimizer: Annotated[Optimizer, Of("optimizer")] | None = None
    metrics: tuple[Annotated[Metric, Of("metric")], ...] = ()
    train: Train = Train.model_construct()
    expect: Expect | None = None

    _written: Any = PrivateAttr(default=None)  # the marked map it was read from
    _folder: Path = PrivateAttr(default=Path())  # where its relative paths start

    @property
    def folder(self) -> Path:
        """The folder from which the spec's relative paths start."""
        return self._folder

    def locate(self, *path: str | int) -> Place | None:
        """Where the deepest written value on `path` stands; None for a spec made in Python.

        A component is pointed at by its kind, be it written with options or without.
        """
        found = at(self._written, path)
        if isinstance(found, Map) and len(found) == 1:
            return next(iter(found.key_places.values()))
        return locate(self._written, path)

    def plain(self) -> dict[str, Any]:
        """The resolved spec as plain values, every default written out."""
        values: dict[str, Any] = plain_values(self)
        return {key: value for key, value in values.items() if value not in ([], {})}


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Spec:
    """The spec in a YAML file, with `key.path=value` overrides.

    Raises SpecError with every mistake of the file, each with its place.
    """
    root = template.resolve(path, overrides)
    if "name" not in root:
        stem = re.sub(r"[^\w.+-]", "-", Path(path).stem).strip(".-") or "network"
        root.put("name", stem[:100], root.place, root.place)
    spec = build(root)
    spec._folder = Path(path).resolve().parent
    return spec


def build(values: Any) -> Spec:
    """The spec that plain or marked values describe."""
    if not isinstance(values, dict):
        raise SpecError(Problem("a spec is a map of keys", None, "start with `network:`"))
    spec = validate(Spec, values, "the spec", values)
    spec._written = values if isinstance(values, Map) else None
    return spec
