"""What is said of a kind agrees with what the language takes."""

from __future__ import annotations

import json

import pytest

from nnspec.components.layers.base import Layer
from nnspec.errors import Document, NnspecError
from nnspec.explain import entries
from nnspec.graph.compile import compile_spec
from nnspec.language.reader import parse
from nnspec.options import registry
from nnspec.options.component import to_plain
from nnspec.options.validation import read_component
from nnspec.spec.loader import build

CLASSES = {cls: None for family in registry.families() for cls in registry.classes(family)}


def name_of(cls):
    return f"{cls.family}.{cls.kind}"


def of(name):
    return [entries.explain(cls) for cls in entries.classes(name)]


@pytest.mark.parametrize("cls", CLASSES, ids=name_of)
def test_every_kind_is_explained(cls):
    entry = entries.explain(cls)
    assert entry.about
    assert [option.name for option in entry.options] == list(cls.model_fields)
    assert all(option.type for option in entry.options)
    assert json.loads(json.dumps(entry.plain()))["kind"] == cls.kind


@pytest.mark.parametrize("cls", CLASSES, ids=name_of)
def test_every_example_is_taken(cls):
    examples = entries.explain(cls).examples
    assert examples
    for example in examples:
        value = parse(Document("example", example))
        (value,) = value if isinstance(value, list) else [value]
        assert type(read_component(cls.family, value)) is cls


@pytest.mark.parametrize("cls", CLASSES, ids=name_of)
def test_a_kind_stands_alone_among_its_forms_where_it_may(cls):
    forms = entries.explain(cls).forms
    assert forms
    try:
        read_component(cls.family, cls.kind)
    except NnspecError:
        assert cls.kind not in forms
    else:
        assert forms[0] == cls.kind


def test_the_defaults_are_those_of_the_language():
    (sgd,) = of("sgd")
    defaults = {o.name: o.default for o in sgd.options if o.default is not None}
    assert {"sgd": defaults} == to_plain(read_component("optimizer", "sgd"))


FACTS = {
    "activation": ["Derivative", "Range", "Properties", "Remark"],
    "loss": ["Derivative", "Range", "Remark"],
    "optimizer": ["Remark"],
    "initializer": ["Remark"],
}
TAUGHT = [
    (cls, fact)
    for family, facts in FACTS.items()
    for cls in registry.classes(family)
    if cls.__module__.startswith("nnspec.")
    for fact in facts
]


@pytest.mark.parametrize(("cls", "fact"), TAUGHT, ids=lambda of: getattr(of, "kind", of))
def test_what_a_student_is_told(cls, fact):
    about = entries.explain(cls).about
    assert sum(line.startswith(f"{fact}: ") for line in about.splitlines()) == 1


def test_an_entry():
    (dropout,) = of("dropout")
    assert dropout.families == ("layer",)
    assert dropout.forms == ("dropout: RATE", "dropout: {rate: RATE, ...}")
    rate = next(option for option in dropout.options if option.primary)
    assert rate == ("rate", "a number of at least 0 and below 1", True, None, True)
    assert dropout.examples[0] == "- dropout: 0.5  # (6) becomes (6)"


def test_an_option_is_said_as_messages_say_it():
    (conv,) = of("conv2d")
    types = {option.name: option.type for option in conv.options}
    assert types["strides"] == "a positive whole number or a list of two"


def test_one_name_for_two_things():
    assert [entry.families for entry in of("flatten")] == [("layer",), ("preprocessing",)]
    assert [entry.families for entry in of("relu")] == [("layer", "activation")]
    assert of("loss") == []


def test_the_nearest_name():
    with pytest.raises(NnspecError, match=r"command line:1:1: error: nothing is called 'dens'"):
        entries.classes("dens")
    with pytest.raises(NnspecError, match="did you mean 'max_pooling2d'"):
        entries.classes("max_pool2d")


def test_a_value_on_one_line():
    value = {"a": [1, 0.5], "b": {"c": True, "d": "same"}}
    assert entries.to_flow_yaml(value) == "{a: [1, 0.5], b: {c: true, d: same}}"
    assert parse(Document("value", entries.to_flow_yaml(value))) == value


ENCODER = {"sequential": {"name": "encoder", "inputs": "other", "layers": [{"dense": 10}]}}
GROUPS = [cls for cls in registry.classes("layer") if not issubclass(cls, Layer)]


@pytest.mark.parametrize("cls", GROUPS, ids=name_of)
def test_the_example_of_a_group_compiles(cls):
    inputs = {name: {"shape": [10]} for name in ("other", "x")}
    (example,) = entries.explain(cls).examples
    written = parse(Document("example", example))[cls.kind]
    layers = [ENCODER, {"add": {"inputs": ["encoder", "x"], "name": "sum"}}]
    options = written if isinstance(written, dict) else {cls.primary: written}
    layers.append({cls.kind: {**options, "name": "last"}})
    network = {"inputs": inputs, "layers": layers, "outputs": ["sum", "last"]}
    graph = compile_spec(build({"network": network}))
    assert "last" in graph.scopes


def test_an_example_of_several_inputs_names_them():
    (add,) = of("add")
    assert add.examples[0] == "- add: {inputs: [a, b]}  # (4) and (4) become (4)"
    (embedding,) = of("embedding")
    assert embedding.examples[0].endswith("# (5) int32 becomes (5, 3)")


def test_the_listing_has_the_groups():
    assert {"sequential", "residual", "branches", "shared"} <= entries.kinds()["layer"].keys()
