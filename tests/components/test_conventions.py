"""What every component must keep to, checked for all that the catalogue holds."""

from __future__ import annotations

import inspect
import json
import re
import types
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic_core import ValidationError

from nnspec.components.layers import MODULES
from nnspec.components.layers.base import Layer
from nnspec.components.layers.groups import Group
from nnspec.errors import Document, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.lower import lower
from nnspec.graph.summary import summarise
from nnspec.language.reader import parse
from nnspec.options import registry
from nnspec.options.model import Model, required_options
from nnspec.options.unknown_size import is_unknown
from nnspec.options.validation import read_component
from nnspec.spec import document
from nnspec.spec.loader import build

COMPONENTS = list({cls for family in registry.families() for cls in registry.classes(family)})
COMPONENTS.sort(key=lambda cls: (cls.family, cls.kind))
LAYERS = [cls for cls in registry.classes("layer") if issubclass(cls, Layer)]
GROUPS = [cls for cls in registry.classes("layer") if issubclass(cls, Group)]
RECORDS = [
    cls for cls in vars(document).values()
    if inspect.isclass(cls) and issubclass(cls, Model) and cls.__module__ == document.__name__
]  # fmt: skip


def name_of(cls):
    return f"{getattr(cls, 'family', 'spec')}.{getattr(cls, 'kind', cls.__name__)}"


@pytest.mark.parametrize("cls", [*COMPONENTS, *RECORDS], ids=name_of)
def test_every_class_says_what_it_is(cls):
    assert (cls.__doc__ or "").strip()
    assert cls.__doc__ is not cls.__base__.__doc__


@pytest.mark.parametrize("cls", COMPONENTS, ids=name_of)
def test_a_class_is_abstract_or_final(cls):
    assert not cls.__subclasses__()
    assert all(not base.kind for base in cls.__mro__[1:] if hasattr(base, "kind"))


@pytest.mark.parametrize("cls", COMPONENTS, ids=name_of)
def test_the_primary_option_is_one_of_the_options(cls):
    assert cls.primary is None or cls.primary in cls.model_fields


def test_the_layers_modules_are_those_that_define_them():
    home = "nnspec.components.layers"
    found = [*LAYERS, *GROUPS]
    built_in = {cls.kind: cls.__module__ for cls in found if cls.__module__.startswith("nnspec.")}
    assert built_in == {kind: f"{home}.{module}" for kind, module in MODULES.items()}
    assert list(MODULES) == sorted(MODULES)


EXAMPLES = [(cls, example) for cls in LAYERS for example in cls.examples]


@pytest.mark.parametrize("cls", LAYERS, ids=name_of)
def test_every_layer_has_examples(cls):
    assert cls.examples


def compiled(cls, example, *shapes):
    specs = {f"x{i}": {"shape": list(s), "dtype": example.dtype} for i, s in enumerate(shapes)}
    layer = {cls.kind: {**example.options, "inputs": list(specs)}}
    return compile_spec(build({"network": {"inputs": specs, "layers": [layer]}}))


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=lambda of: getattr(of, "kind", None))
def test_a_layers_examples_can_be_resolved(cls, example):
    graph = compiled(cls, example, example.input_shape, *example.other_shapes)
    for node in lower(graph).nodes:
        assert all(isinstance(size, int) and size > 0 for size in node.shape)
        assert node.layer.bind(*node.input_shapes) == node.layer
        assert node.layer.flops(*node.input_shapes) >= 0
        assert node.layer.infer(*node.input_specs) == node.output_specs


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=lambda of: getattr(of, "kind", None))
def test_every_layer_that_is_trained_can_be_frozen(cls, example):
    shapes = example.input_shape, *example.other_shapes
    if not any(weight.trainable for _, weight in compiled(cls, example, *shapes).weights()):
        return
    options = {**example.options, "trainable": False}
    frozen = compiled(cls, example._replace(options=options), *shapes)
    assert not any(weight.trainable for _, weight in frozen.weights())


ODD_SHAPES = [(), (1,), (7,), (1, 1), (2, 3), (1, 1, 1), (5, 4, 6), (2, 2, 2, 2)]


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=lambda of: getattr(of, "kind", None))
def test_a_layer_on_any_input_gets_a_shape_or_a_reason(cls, example):
    for shape in ODD_SHAPES:
        try:
            graph = compiled(cls, example, shape, *(shape for _ in example.other_shapes))
        except SpecError as error:
            assert [problem.code for problem in error.problems] == ["shape"]  # noqa: PT017 (either is right)
        else:
            assert all(size > 0 for size in graph.output_shape)


@pytest.mark.parametrize(("cls", "example"), EXAMPLES, ids=lambda of: getattr(of, "kind", None))
def test_an_open_size_gives_a_shape_that_any_size_has_or_a_reason(cls, example):
    shapes = (example.input_shape, *example.other_shapes)
    closed = compiled(cls, example, *shapes)
    for axis in range(len(example.input_shape)):
        opened = [
            [None if i == axis and n > 1 else n for i, n in enumerate(shape)] for shape in shapes
        ]
        try:
            graph = compiled(cls, example, *opened)
        except SpecError as error:
            assert [problem.code for problem in error.problems] == ["shape"]  # noqa: PT017 (either is right)
            continue
        pairs = zip(graph.output_shape, closed.output_shape, strict=True)
        assert all(is_unknown(size) or size == number for size, number in pairs)
        assert list(graph.weights()) == list(closed.weights())
        json.dumps(summarise(graph).plain())


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("cls", LAYERS, ids=name_of)
def test_a_layer_takes_as_many_inputs_as_it_reads(cls, count):
    example = cls.examples[0]
    shapes = [example.input_shape] * count
    if cls.arity in (count, None if count > 1 else 0):
        assert compiled(cls, example, *shapes).nodes
        return
    with pytest.raises(SpecError, match=" reads "):
        compiled(cls, example, *shapes)


@pytest.mark.parametrize("cls", COMPONENTS, ids=name_of)
def test_a_component_with_a_required_option_shows_how_it_is_written(cls):
    if not required_options(cls) or issubclass(cls, Layer):
        return
    value = parse(Document("example", cls.example))
    assert type(read_component(cls.family, value)) is cls


# ---------------------------------------------------------------- strictness

LAX = {
    int: ["1", 1.0, True, "one", [], {}],
    float: ["1", "0.5", True, "yes", [], {}, float("nan"), float("inf")],
    bool: [0, 1, 1.0, "true", "yes", "on", []],
    str: [1, 1.0, True, ["text"], b"text"],
}


def scalars(annotation):
    """The scalar types that an option's annotation holds, at any depth."""
    if annotation in LAX:
        return {annotation}
    if get_origin(annotation) is Literal:
        return {type(value) for value in get_args(annotation)}
    if get_origin(annotation) is Annotated:
        return scalars(get_args(annotation)[0])
    parts = get_args(annotation) if get_origin(annotation) else ()
    return set().union(*map(scalars, parts))


def is_scalar(annotation):
    """Whether the option holds one number, truth value or text (or nothing)."""
    if get_origin(annotation) is Annotated:
        return is_scalar(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        parts = [part for part in get_args(annotation) if part is not type(None)]
        return len(parts) == 1 and is_scalar(parts[0])
    return annotation in LAX


def options():
    for cls in [*COMPONENTS, *RECORDS]:
        for name, annotation in get_type_hints(cls, include_extras=True).items():
            if name in cls.model_fields and annotation is not Any:
                yield cls, name, annotation


def lax_scalars():
    for cls, name, annotation in options():
        if is_scalar(annotation):
            (scalar,) = scalars(annotation)
            yield pytest.param(cls, name, LAX[scalar], id=f"{name_of(cls)}.{name}")


def lax_items():
    for cls, name, annotation in options():
        found = () if is_scalar(annotation) else list(scalars(annotation))
        if int in found and float not in found:  # beside float it takes any number
            yield pytest.param(cls, name, id=f"{name_of(cls)}.{name}")


def refuses(cls, name, value):
    """Whether the option refuses the value, whatever else is missing."""
    try:
        cls(**{name: value})
    except ValidationError as error:
        return any(e["loc"][0] == name and e["type"] != "missing" for e in error.errors())
    return False


@pytest.mark.parametrize(("cls", "name", "lax"), list(lax_scalars()))
def test_a_scalar_option_takes_its_own_type_only(cls, name, lax):
    assert [value for value in lax if not refuses(cls, name, value)] == []


@pytest.mark.parametrize(("cls", "name"), list(lax_items()))
def test_an_option_of_several_whole_numbers_takes_no_others(cls, name):
    lax = [1.0, True, [1.0, 1.0], [True, True], [[1.0, 1], [1, 1]], {}]
    if getattr(cls, "family", "") != "behaviour":  # whose columns have numbers or names
        lax += ["1", ["1", "1"]]
    assert [value for value in lax if not refuses(cls, name, value)] == []


def test_the_strictness_tests_see_the_options():
    assert len(list(lax_scalars())) > 20
    assert len(list(lax_items())) > 8


@pytest.mark.parametrize("cls", registry.classes("loss"), ids=name_of)
def test_the_range_of_a_loss_is_the_published_one(cls):
    low, high = re.search(r"Range: [(\[](\S+), (\S+)[)\]]\.", cls.__doc__).groups()
    assert cls.result_range == (float(low), float(high))
