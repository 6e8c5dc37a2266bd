"""The `expect` section: what a trained network must be like."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from nnspec.options.messages import ExpectedForm, expected
from nnspec.options.model import Model
from nnspec.options.types import NonNegativeFloat, PositiveInt
from nnspec.options.validation import ComponentListField, LazyModel

if TYPE_CHECKING:
    from nnspec.components.behaviour.base import Behaviour

    BehaviourField = tuple[Behaviour, ...]
else:  # few specs have it
    BehaviourField = Annotated[Any, ComponentListField("behaviour")]

PARTS = ("train", "validation", "test")  # of the data, whose figures may be expected


_BOUNDS = {"at_least", "at_most"}


class Bounds(Model):
    """The least and the greatest value that is expected of a figure, both included."""

    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("write at_least, at_most or both")
        if None not in (self.at_least, self.at_most) and self.at_least > self.at_most:  # type: ignore[operator]
            raise ValueError("at_least is above at_most, so no figure is between")
        return self


class WeightsHash(Model):
    """The SHA-256 of all weights in precision `exact`: after so many updates, or at the end."""

    value: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$"), ExpectedForm("64 hexadecimal digits")]
    updates: PositiveInt | None = None


class FigureField(LazyModel):
    """pydantic annotation of an expected figure: a finite number, or bounds."""

    def __init__(self) -> None:
        super().__init__("nnspec.spec.expect:Bounds", "bounds")

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """A number, or the schema of bounds."""
        return {
            "anyOf": [{"type": "number"}, super().__get_pydantic_json_schema__(schema, handler)]
        }

    def validate(self, value: Any) -> Any:
        """The number, or the bounds."""
        if isinstance(value, Bounds) or (isinstance(value, Mapping) and _BOUNDS & value.keys()):
            return super().validate(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return float(value)
        raise expected("a number, or bounds such as {at_least: 0.97}")


def _hash_alone(value: Any) -> Any:
    """A text means {value: text}."""
    return {"value": value} if isinstance(value, str) else value


Figure = float | Bounds
_Figures = dict[str, Annotated[Figure, FigureField()]]
_Hash = Annotated[
    WeightsHash, BeforeValidator(_hash_alone, json_schema_input_type=str | WeightsHash)
]


class Expect(Model):
    """Expected counts, figures, weights and behaviour; `run` prints them beside what there is.

    `trainable` is how many of the parameters are trained: what papers and PyTorch count. `train`,
    `validation` and `test` are figures of these rows: a number, met within the `tolerance`, or
    bounds, such as {accuracy: {at_least: 0.97}}. `weights_sha256` is that of the weights after the
    training, or, as {updates: 10, value: ...}, after its first updates; it is compared in precision
    `exact`. `behaviour` lists what else is tested, such as `{invariance: {augment: [...]}}`.
    """

    parameters: PositiveInt | None = None
    trainable: PositiveInt | None = None
    train: _Figures = Field(default_factory=dict)
    validation: _Figures = Field(default_factory=dict)
    test: _Figures = Field(default_factory=dict)
    tolerance: NonNegativeFloat = 0.01
    weights_sha256: _Hash | None = None
    behaviour: BehaviourField = ()
