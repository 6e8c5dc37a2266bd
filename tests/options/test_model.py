"""Option models: strict, frozen, and checked where their classes are defined."""

from __future__ import annotations

import datetime
from enum import Enum
from math import radians
from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from pydantic import AfterValidator, Field, ValidationError, model_validator

from nnspec.components.layers.base import Layer
from nnspec.components.optimizers.base import Optimizer
from nnspec.options import registry
from nnspec.options.component import to_plain
from nnspec.options.model import Model, check_definition
from nnspec.options.validation import ComponentField, read_component


class Colour(Enum):
    RED = "red"


class Options(Model):
    count: int = 1
    share: float = 0.5
    sizes: tuple[int, ...] = ()
    names: list[str] = Field(default_factory=list)
    colour: Colour = Colour.RED
    folder: Path = Path("a")
    day: datetime.date = datetime.date(2020, 1, 2)
    top: float | None = 1.0
    metadata: tuple[int, ...] = ()
    expected: tuple[int, ...] = ()


@pytest.mark.parametrize(
    "wrong",
    [
        {"count": "3"}, {"count": 3.0}, {"count": True}, {"share": "0.1"}, {"share": True},
        {"share": float("nan")}, {"share": float("inf")}, {"sizes": "12"}, {"sizes": ["1"]},
        {"names": [1]}, {"colour": "blue"}, {"unknown": 1}, {"day": "yesterday"},
    ],
)  # fmt: skip
def test_nothing_is_converted_that_yaml_could_write(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Options.model_validate(wrong)


def test_what_yaml_cannot_write_is_taken_for_what_it_can() -> None:
    written = {
        "sizes": [1, 2], "names": ("a",), "colour": "red", "folder": "b/c", "day": "2021-03-04",
        "top": None, "metadata": [1], "expected": [2],
    }  # fmt: skip
    found = Options.model_validate(written)
    assert found.sizes == (1, 2)
    assert (found.colour, found.folder) == (Colour.RED, Path("b/c"))
    assert to_plain(found) == {
        "count": 1, "share": 0.5, "sizes": [1, 2], "names": ["a"], "colour": "red",
        "folder": "b/c", "day": "2021-03-04", "top": None, "metadata": [1], "expected": [2],
    }  # fmt: skip
    assert Options.model_validate(to_plain(found)) == found


def test_replace_validates_what_changes_and_keeps_the_rest() -> None:
    class Turned(Model):
        angle: Annotated[float, AfterValidator(radians)]
        factor: float = Field(1.0, gt=0)

    turned = Turned(angle=180.0)
    assert turned.replace(factor=2.0).angle == turned.angle == radians(180)
    with pytest.raises(ValidationError, match="greater than 0"):
        turned.replace(factor=-1.0)
    with pytest.raises(ValidationError):
        turned.replace(fctor=1.0)
    with pytest.raises(ValidationError, match="frozen"):
        turned.factor = 3.0  # type: ignore[misc]


def test_a_class_cannot_hide_what_its_base_relies_on() -> None:
    with pytest.raises(TypeError, match="weights hides"), pytest.warns(match="shadows"):
        type("W", (Layer,), {"__annotations__": {"weights": int}, "__module__": "plugged"})
    with pytest.raises(TypeError, match="not an alias"):
        type("A", (Model,), {
            "__annotations__": {"a": int}, "a": Field(alias="b"), "__module__": "plugged",
        })  # fmt: skip
    with pytest.raises(TypeError, match="has no option 'factr', its primary one"):
        type("P", (Layer,), {"__module__": "plugged"}, kind="mistaken", primary="factr")
    with pytest.raises(TypeError, match="replaces a validator of its base class"):

        class Mine(Optimizer):
            @model_validator(mode="after")
            def _check_clipping(self) -> Mine:
                return self

    with pytest.raises(ValueError, match="no family 'layr'"):
        ComponentField("layr")


def test_built_in_classes_keep_these_rules_and_can_all_be_validated() -> None:
    for family in registry.families():
        for cls in registry.classes(family):
            check_definition(cls)
            assert cls.model_rebuild(force=True)


def test_every_optimizer_refuses_two_ways_of_clipping() -> None:
    for kind in sorted(set(registry.kinds("optimizer")) - {"least_squares"}):
        with pytest.raises(Exception, match="only one of clipvalue"):
            read_component("optimizer", {kind: {"clipnorm": 1.0, "clipvalue": 1.0}})


def test_a_spec_from_python_says_what_is_wrong_and_dumps_its_kinds() -> None:
    from nnspec import Spec

    with pytest.raises(ValidationError, match="there is no layer 'dens'"):
        Spec.model_validate({"network": {"input_shape": 2, "layers": ["dens"]}})
    spec = Spec.model_validate({"network": {"input_shape": 2, "layers": [{"dense": 3}]}})
    assert "dense" in spec.model_dump()["network"]["layers"][0]
    kind: ClassVar[str] = spec.network.layers[0].kind
    assert kind == "dense"
