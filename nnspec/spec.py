"""The document that a user may write, validated: sections, defaults, and located mistakes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, NamedTuple

from nnspec import source, template
from nnspec.advice import Code
from nnspec.component import Of, validate
from nnspec.component import plain as plain_values
from nnspec.errors import Document, Place, Problem, SpecError
from nnspec.fields import (
    BatchSize,
    Dimensions,
    Integer,
    NonNegativeNumber,
    Number,
    PositiveInt,
    Text,
    Truth,
)
from nnspec.layers.base import Layer
from nnspec.losses import Loss
from nnspec.marked import Map, at, locate
from nnspec.metrics import Metric
from nnspec.mistakes import DOCUMENT
from nnspec.optimizers import Fit
from nnspec.prep import Preparation
from nnspec.record import Before, Core, Is, Record
from nnspec.search import Tune
from nnspec.sources import Source

_NAME = re.compile(r"\w[\w .+-]{0,99}")
_LETTER = r"[^\x00-/:-@\[-^`{-\x7f]"  # \w for editors, whose \w is ASCII: no other ASCII character
_WRITTEN_NAME = Annotated[Text, Is(pattern=f"^{_LETTER}({_LETTER}|[ .+-])*$", max_length=100)]
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)  # on Windows


def _name(value: Any) -> Any:
    """A name becomes a folder's name, so it must not lead anywhere else."""
    if not isinstance(value, str):
        return value
    if not _NAME.fullmatch(value) or value[-1] in " ." or _RESERVED.fullmatch(value):
        raise ValueError("must be 1 to 100 letters, digits, spaces and . _ + -")
    return value


def _name_of(path: Path) -> str:
    """The name of a spec that does not say its own: its file's, made fit."""
    name = re.sub(r"[^\w.+-]", "-", path.stem).lstrip(".+-")[:100].rstrip(".")
    return "network" if not name or _RESERVED.fullmatch(name) else name


class _Given:
    """In `Annotated`: what is written must say something; an empty `data:` is no absent one."""

    def core(self, schema: Core) -> Core:
        """The schema of what may be None, without the None."""
        inner: Core = schema["schema"]
        return inner


def _split(value: Any) -> Any:
    """`0.1` means the last tenth."""
    return {"fraction": value} if isinstance(value, int | float) else value


_Fraction = Annotated[Number, Is(gt=0, lt=1)]


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
    layers: Annotated[tuple[Annotated[Layer, Of("layer")], ...], Is(min_length=1)]


class Train(Record):
    """How long and in which portions to train. `batch_size: all` takes every row at once."""

    epochs: Annotated[Integer, Is(ge=0)] = 1
    batch_size: BatchSize = 32
    shuffle: Truth = True
    validation_split: (
        Annotated[ValidationSplit, Before(_split, _Fraction | ValidationSplit)] | None
    ) = None
    seed: Annotated[Integer, Is(ge=0)] = 0


class Expect(Record):
    """Figures that the spec's source reports; `run` prints them beside what came out."""

    parameters: PositiveInt | None = None
    train: dict[Text, Number] = MappingProxyType({})  # type: ignore[assignment]
    test: dict[Text, Number] = MappingProxyType({})  # type: ignore[assignment]
    tolerance: NonNegativeNumber = 0.01


class Spec(Record):
    """A whole document. Only `network` is needed to summarise, the rest to train.

    `silence` lists the codes of advice that `nnspec lint` leaves out.
    """

    name: Annotated[Text, Before(_name, _WRITTEN_NAME)] = "network"
    data: Annotated[Data | None, _Given()] = None
    network: Network
    loss: Annotated[Loss | None, Of("loss")] = None
    optimizer: Annotated[Fit | None, Of("optimizer")] = None
    metrics: tuple[Annotated[Metric, Of("metric")], ...] = ()
    train: Train = Train()
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
    def draft(self) -> Draft:
        """The document that it was made from."""
        if self._draft is not None:
            found: Draft = self._draft
            return found
        root = source.parse(Document("spec", source.dump(plain_values(self))))
        return Draft(root, self._folder)

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


class Draft(NamedTuple):
    """A document whose `vars` and `${...}` are still there, so that specs can differ in them."""

    root: Map
    folder: Path

    def spec(self) -> Spec:
        """What it says. Raises SpecError with every mistake, each with its place."""
        return build(template.filled(self.root), self.folder).replace(_draft=self)

    def having(self, values: Mapping[str, Any], place: Callable[[str], Place]) -> Draft:
        """The draft with other values at dotted paths; `place` says where a path was written."""
        root = self.root
        for path, value in values.items():
            root = template.with_value(root, path, value, place(path))
        return self._replace(root=root)


def load(path: str | os.PathLike[str], overrides: Sequence[str] = ()) -> Spec:
    """The spec in a YAML file, with `key.path=value` overrides.

    Raises SpecError with every mistake of the file, each with its place.
    """
    root = template.read(path, overrides)
    if "name" not in root:
        root.put("name", _name_of(Path(path)), root.place, root.place)
    return Draft(root, Path(path).resolve().parent).spec()


def build(values: Any, folder: Path = Path()) -> Spec:
    """The spec that plain or marked values describe; its relative paths start at `folder`."""
    if not isinstance(values, dict):
        place = getattr(values, "place", None)
        raise SpecError(Problem("a spec is a map of keys", place, "start with `network:`"))
    spec = validate(Spec, values, DOCUMENT, values)
    return spec.replace(_written=values if isinstance(values, Map) else None, _folder=folder)
