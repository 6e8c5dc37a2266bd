from __future__ import annotations

from typing import Any

import pytest
from pydantic_core import ValidationError

from nnspec.components.layers.base import Layer
from nnspec.errors import Document, SpecError
from nnspec.language.reader import parse
from nnspec.options.component import to_plain
from nnspec.options.registry import kinds
from nnspec.options.validation import read_component


@pytest.mark.parametrize(
    ("written", "resolved"),
    [
        ("flatten", "flatten"),
        ({"flatten": None}, "flatten"),
        ({"flatten": {}}, "flatten"),
        ({"prelu": "ones"}, {"prelu": {"alpha_initializer": "ones"}}),
        ({"max_pooling2d": 2}, {"max_pooling2d": {"pool_size": [2, 2]}}),
    ],
)
def test_the_three_ways_to_write_a_component(written: Any, resolved: Any) -> None:
    found = to_plain(read_component("layer", written))
    if isinstance(resolved, dict):
        ((kind, options),) = resolved.items()
        assert found[kind].items() >= options.items()
    else:
        assert found == resolved


def test_a_component_is_read_back_from_its_plain_form() -> None:
    layer = read_component(
        "layer", {"conv2d": {"filters": 2, "kernel_size": 3, "activation": "relu"}}
    )
    assert read_component("layer", to_plain(layer)) == layer
    assert read_component("layer", layer) is layer


def test_a_component_cannot_be_changed() -> None:
    layer = read_component("layer", "flatten")
    with pytest.raises(ValidationError, match="frozen"):
        layer.name = "other"  # type: ignore[attr-defined]


def test_the_default_is_what_reading_the_kind_gives() -> None:
    layer = read_component("layer", "relu")
    assert type(layer)() == layer
    with pytest.raises(ValidationError):
        type(read_component("layer", {"dense": 1}))()


A_LAYER = "flatten or {dense: {units: 10}}"
TRUTH = "true or false"
TWO = "'dense', 'units'"
ACTIVATIONS = ", ".join([*kinds("activation")[:12], "..."])


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        ("flaten", ["1:1: there is no layer 'flaten' (did you mean 'flatten'?)"]),
        ("dense", ["1:1: dense needs 'units'"]),
        ("dense:", ["1:1: dense needs 'units'"]),
        ("dense: {}", ["1:8: dense needs 'units'"]),
        ("conv2d:", ["1:1: conv2d needs 'filters' and 'kernel_size'"]),
        ("dense: {unit: 3}", ["1:9: dense has no option 'unit' (did you mean 'units'?)"]),
        ("dense: x", ["1:8: dense: units must be a whole number, not the text 'x'"]),
        ("dense: true", ["1:8: dense: units must be a whole number, not true"]),
        ("dense: 3.0", ["1:8: dense: units must be a whole number, not 3.0 (write 3)"]),
        ("dense: 0", ["1:8: dense: units must be above 0, not 0"]),
        ("dense: {units: null}", ["1:16: dense: units is empty (it must be a whole number)"]),
        ("dense: [1, 2]", ["1:8: dense: units must be a whole number, not the list [1, 2]"]),
        ("flatten: 3", ["1:10: flatten takes no single value (its options: name, inputs)"]),
        ("leaky_relu: .inf", ["1:13: leaky_relu: negative_slope must be a finite number, not inf"]),
        (
            "dense: {units: 1, use_bias: no}",
            [f"1:29: dense: use_bias must be {TRUTH}, not the text 'no' (write false)"],
        ),
        (
            "dense: {units: 1, activation: zzz}",
            [f"1:31: there is no activation 'zzz' (known: {ACTIVATIONS})"],
        ),
        (
            "{dense: 1, units: 2}",
            [f"1:1: a layer has one kind, not 2: {TWO} (write it as {A_LAYER})"],
        ),
        ("3", [f"expected a layer, got 3 (for example {A_LAYER})"]),
        ("[]", [f"1:1: expected a layer, got an empty list (for example {A_LAYER})"]),
    ],
)
def test_a_mistake_is_one_located_sentence(text: str, messages: list[str]) -> None:
    with pytest.raises(SpecError) as caught:
        read_component("layer", parse(Document("x", text)))
    found = []
    for problem in caught.value.problems:
        place = f"{str(problem.where)[2:]}: " if problem.where else ""
        hint = f" ({problem.hint})" if problem.hint else ""
        found.append(f"{place}{problem.message}{hint}")
    if messages[0].startswith("1:1: ") and not isinstance(parse(Document("x", text)), dict | list):
        messages = [message.removeprefix("1:1: ") for message in messages]
    assert found == messages


PADDING = "valid, same, a whole number, a list of two, or [[top, bottom], [left, right]]"


@pytest.mark.parametrize(
    "value",
    [
        "foo",
        "-1",
        "true",
        "1.5",
        "[1]",
        "[1, 2, 3]",
        "[[1, 1], [a, 0]]",
        "[[1, 1]]",
        "{a: 1}",
        ".nan",
    ],
)
def test_a_union_says_all_that_it_takes_once(value: str) -> None:
    text = f"conv2d: {{filters: 1, kernel_size: 1, padding: {value}}}"
    with pytest.raises(SpecError) as caught:
        read_component("layer", parse(Document("x", text)))
    (problem,) = caught.value.problems
    assert problem.message.startswith(f"conv2d: padding must be {PADDING}, not ")
    assert str(problem.where) == "x:1:47"


@pytest.mark.parametrize(
    "value", ["a", "0", "[1]", "[1, 2, 3]", "[1, a]", "true", "[true, 1]", "2.0", "[]"]
)
def test_a_pair_is_one_number_or_two(value: str) -> None:
    with pytest.raises(SpecError) as caught:
        read_component(
            "layer", parse(Document("x", f"conv2d: {{filters: 1, kernel_size: {value}}}"))
        )
    (problem,) = caught.value.problems
    assert "kernel_size must be a positive whole number or a list of two, not" in problem.message


def test_layers_made_in_python_are_checked_too() -> None:
    with pytest.raises(SpecError, match="dense: units must be above 0"):
        read_component("layer", {"dense": {"units": -1}})
    assert isinstance(read_component("layer", {"dense": {"units": 1}}), Layer)
