"""Expansion of blocks, `repeat` and `when`, before anything is validated."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.errors import Document, SpecError
from nnspec.language import reader
from nnspec.language.located import LocatedMap
from nnspec.options.component import to_plain
from nnspec.spec.resolver import fill_in

UNIT = 'unit: {parameters: {units: int, kind: relu}, layers: [dense: "${units}", "${kind}"]}'
STEM = "stem: {layers: [flatten]}"
ONE = 'one: {parameters: {rate: 0.5}, layers: [dropout: "${rate}"]}'


def _resolved(text: str) -> LocatedMap:
    return fill_in(reader.parse(Document("a.yaml", text)))


def _layers(layers: str, blocks: str = "", names: str = "") -> Any:
    """The layers that a list of layers is expanded to."""
    resolved = _resolved(_spec(layers, blocks, names))
    assert list(resolved) == ["network"]
    return to_plain(resolved["network"]["layers"])


def _spec(layers: str, blocks: str = "", names: str = "") -> str:
    head = f"blocks: {{{blocks}}}\n" if blocks else ""
    head += f"vars: {{{names}}}\n" if names else ""
    return f"{head}network:\n  layers: {layers}\n"


def _refusal(layers: str, blocks: str = "", names: str = "") -> str:
    with pytest.raises(SpecError) as caught:
        _resolved(_spec(layers, blocks, names))
    assert all(problem.where for problem in caught.value.problems)
    return str(caught.value)


def _group(block: str, *layers: Any, **options: Any) -> Any:
    return {"sequential": {**options, "block": block, "layers": list(layers)}}


# ---------------------------------------------------------------- blocks


@pytest.mark.parametrize(
    ("use", "made"),
    [
        ("stem", _group("stem", "flatten")),
        ("stem: null", _group("stem", "flatten")),
        ("stem: {}", _group("stem", "flatten")),
        ("stem: {name: s, inputs: [a, b]}", _group("stem", "flatten", name="s", inputs=["a", "b"])),
        ("unit: 3", _group("unit", {"dense": 3}, "relu")),
        ("unit: {units: 3, kind: tanh}", _group("unit", {"dense": 3}, "tanh")),
        ('unit: "${n + 1}"', _group("unit", {"dense": 5}, "relu")),
        ('unit: "${options}"', _group("unit", {"dense": 7}, "relu", name="o")),
        ("one", _group("one", {"dropout": 0.5})),
        ("one: 1", _group("one", {"dropout": 1})),
        ('"${used}"', _group("unit", {"dense": 9}, "relu")),
    ],
)
def test_a_use_becomes_a_group(use: str, made: Any) -> None:
    names = "n: 4, options: {units: 7, name: o}, used: {unit: 9}"
    found = _layers(f"[relu, {use}, tanh]", f"{UNIT}, {STEM}, {ONE}", names)
    assert found == ["relu", made, "tanh"]


def test_blocks_use_blocks_whatever_their_order() -> None:
    outer = 'outer: {parameters: {n: int}, layers: [unit: "${2 * n}", stem]}'
    assert _layers("[outer: 3]", f"{outer}, {UNIT}, {STEM}") == [
        _group("outer", _group("unit", {"dense": 6}, "relu"), _group("stem", "flatten"))
    ]


def test_a_parameter_hides_a_name_of_vars_and_only_in_its_block() -> None:
    blocks = 'a: {parameters: {n: 1}, layers: [dense: "${n + m}", b]}, b: {layers: [dense: "${n}"]}'
    assert _layers("[a]", blocks, "n: 10, m: 100") == [
        _group("a", {"dense": 101}, _group("b", {"dense": 10}))
    ]


def test_a_default_is_an_expression_over_vars() -> None:
    blocks = 'a: {parameters: {n: "${m * 2}"}, layers: [dense: "${n}"]}'
    assert _layers("[a, a: 1]", blocks, "m: 4") == [
        _group("a", {"dense": 8}),
        _group("a", {"dense": 1}),
    ]


@pytest.mark.parametrize(
    "layers",
    [
        "[sequential: {{layers: [{use}]}}]",
        "[residual: {{layers: [{use}], shortcut: [{use}]}}]",
        "[branches: {{paths: [[{use}], [relu, {use}]]}}]",
        "[when: {{test: true, layers: [{use}]}}]",
        "[when: {{test: false, layers: [], else: [{use}]}}]",
        "[repeat: {{times: 1, layers: [{use}]}}]",
        "[sequential: {{layers: [{{residual: {{layers: [{use}]}}}}]}}]",
    ],
)
def test_a_block_stands_wherever_a_layer_may(layers: str) -> None:
    with_block = _layers(layers.format(use="stem"), STEM)
    written = layers.format(use="{sequential: {block: stem, layers: [flatten]}}")
    assert with_block == _layers(written)


def test_lists_outside_the_network_are_left_alone() -> None:
    text = f"blocks: {{{STEM}}}\nnetwork: {{layers: [stem]}}\nother: {{layers: [stem, repeat]}}\n"
    assert to_plain(_resolved(text)["other"]) == {"layers": ["stem", "repeat"]}


@pytest.mark.parametrize(
    ("use", "said"),
    [
        ("unit", "unit needs units"),
        ("unit: {}", "unit needs units"),
        ("unit: {kind: relu}", "unit needs units"),
        ("unit: {unit: 3}", "unit has no option 'unit'"),
        ("unit: {units: 3, kin: a}", "did you mean 'kind'?"),
        ("unit: a", "unit: units must be a whole number, not the text 'a'"),
        ("unit: 2.5", "unit: units must be a whole number, not 2.5"),
        ("unit: true", "unit: units must be a whole number, not true"),
        ("unit: {units: null}", "unit: units must be a whole number, not nothing"),
        ("unit: {units: 3, kind: 4}", "unit: kind must be text, not 4"),
        ("unit: [3]", "unit: units must be a whole number, not the list [3]"),
        ("stem: 3", "stem takes no single value"),
        ("stem: {nam: x}", "did you mean 'name'?"),
        ("one: true", "one: rate must be a number, not true"),
        ("many: 3", "many takes no single value"),
        ("untit: 3", "there is no layer or block 'untit'"),
    ],
)
def test_a_wrong_use_is_a_located_error(use: str, said: str) -> None:
    many = "many: {parameters: {a: int, b: int}, layers: [relu]}"
    message = _refusal(f"[{use}]", f"{UNIT}, {STEM}, {ONE}, {many}")
    assert said in message
    assert message.startswith("a.yaml:3:")
    assert message.count("error:") == 1


@pytest.mark.parametrize(
    ("declared", "good", "bad"),
    [
        ("int", "3", "3.0"),
        ("float", "3", "x"),
        ("float", "2.5", "true"),
        ("bool", "false", "0"),
        ("str", "x", "3"),
        ("list", "[1]", "1"),
        ("map", "{a: 1}", "[1]"),
        ("3", "4", "4.5"),
        ("0.5", "4", "x"),
        ("true", "false", "1"),
        ("x", "y", "1"),
        ("[1]", "[]", "{}"),
        ("{a: 1}", "{}", "[]"),
    ],
)
def test_a_type_or_a_default_says_what_fits(declared: str, good: str, bad: str) -> None:
    blocks = f'b: {{parameters: {{x: {declared}}}, layers: [dense: "${{x}}"]}}'
    assert _layers(f"[b: {{x: {good}}}]", blocks)
    assert "b: x must be" in _refusal(f"[b: {{x: {bad}}}]", blocks)


@pytest.mark.parametrize("value", ["3", "a", "null", "[1]", "{a: 1}", "true"])
@pytest.mark.parametrize("declared", ["any", "null"])
def test_any_value_fits(declared: str, value: str) -> None:
    blocks = f'b: {{parameters: {{x: {declared}}}, layers: [dense: "${{x}}"]}}'
    assert _layers(f"[b: {{x: {value}}}]", blocks)


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("dense: {layers: [relu]}", "'dense' has the name of a layer of nnspec"),
        ("relu: {layers: [relu]}", "'relu' has the name of a layer of nnspec"),
        ("repeat: {layers: [relu]}", "'repeat' has the name of a layer"),
        ("when: {layers: [relu]}", "'when' has the name of a layer"),
        ("a.b: {layers: [relu]}", "'a.b' cannot name a block"),
        ("a/b: {layers: [relu]}", "'a/b' cannot name a block"),
        ("b: [relu]", "the block 'b' must be a map, not the list"),
        ("b: null", "the block 'b' must be a map, not nothing"),
        ("b: {}", "the block 'b' needs layers"),
        ("b: {layers: []}", "b: layers must be a list of layers, not an empty list"),
        ("b: {layers: relu}", "b: layers must be a list of layers, not the text 'relu'"),
        ("b: {layers: [relu], option: 1}", "b has no option 'option'"),
        ("b: {layers: [relu], parameters: [a]}", "b: parameters must be a map, not the list"),
        ("b: {layers: [relu], parameters: {name: 1}}", "b: 'name' cannot name a parameter"),
        ("b: {layers: [relu], parameters: {inputs: 1}}", "b: 'inputs' cannot name a parameter"),
        ("b: {layers: [relu], parameters: {a-b: 1}}", "b: 'a-b' cannot name a parameter"),
        ("b: {layers: [relu], parameters: {if: 1}}", "b: 'if' cannot name a parameter"),
        ('b: {layers: [dense: "${n}"]}', "there is no name 'n' here"),
        ('b: {layers: [dense: "${1 +}"]}', "${1 +}: not an expression"),
        ('b: {layers: [dense: "${1"]}', "a ${ is not closed"),
        ('b: {layers: [repeat: {times: 2, as: i, layers: ["${i}", "${j}"]}]}', "no name 'j' here"),
        ('b: {layers: [relu], parameters: {x: "${n}"}}', "vars has no name 'n'"),
    ],
)
def test_a_wrong_block_is_an_error_though_it_is_not_used(block: str, said: str) -> None:
    message = _refusal("[relu]", block)
    assert said in message
    assert message.startswith("a.yaml:1:")
    assert _refusal("[b, b: 3]", block).count("error:") == 1  # its uses are no further mistakes


@pytest.mark.parametrize("section", ["blocks: 3", "blocks: [a]"])
def test_blocks_are_a_map(section: str) -> None:
    with pytest.raises(SpecError, match="blocks must be a map of names to blocks"):
        _resolved(f"{section}\nnetwork: {{layers: [relu]}}\n")


@pytest.mark.parametrize(
    ("blocks", "chain"),
    [
        ("a: {layers: [a]}", "a -> a"),
        ("a: {layers: [b]}, b: {layers: [c]}, c: {layers: [b]}", "a -> b -> c -> b"),
        ("a: {layers: [repeat: {times: 1, layers: [a]}]}", "a -> a"),
    ],
)
def test_a_block_in_itself_is_a_cycle(blocks: str, chain: str) -> None:
    assert f"blocks: {chain} is a cycle" in _refusal("[a]", blocks)


# ---------------------------------------------------------------- repeat


def _repeated(*times: list[Any], **options: Any) -> Any:
    groups = [{"sequential": {"name": str(i), "layers": one}} for i, one in enumerate(times)]
    return _group("repeat", *groups, **options)


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ("times: 2, layers: [relu]", _repeated(["relu"], ["relu"])),
        (
            'times: 2, as: i, layers: [dense: "${2 ** i}"]',
            _repeated([{"dense": 1}], [{"dense": 2}]),
        ),
        ('each: [3, a], as: x, layers: ["${x}", tanh]', _repeated([3, "tanh"], ["a", "tanh"])),
        ('each: "${all}", as: s, layers: [dense: "${s[\'n\']}"]', _repeated([{"dense": 5}])),
        ('times: "${len(all)}", layers: [relu]', _repeated(["relu"])),
        ("times: 1, name: r, inputs: x, layers: []", _repeated([], name="r", inputs="x")),
        (
            'times: 2, as: i, layers: [repeat: {times: 1, as: j, layers: ["${10 * i + j}"]}]',
            _repeated([_repeated([0])], [_repeated([10])]),
        ),
        (
            'times: 2, as: i, layers: [when: {test: "${i > 0}", layers: [relu]}, tanh]',
            _repeated(["tanh"], ["relu", "tanh"]),
        ),
    ],
)
def test_layers_are_repeated(options: str, made: Any) -> None:
    assert _layers(f"[repeat: {{{options}}}]", names="all: [{n: 5}]") == [made]


@pytest.mark.parametrize("options", ["times: 0", "each: []", 'times: "${1 - 1}"'])
def test_no_time_is_nothing(options: str) -> None:
    assert _layers(f"[relu, repeat: {{{options}, as: i, layers: [dense: '${{i}}']}}]") == ["relu"]
    message = _refusal(f"[repeat: {{{options}, as: i, layers: [dense: '${{j}}']}}]")
    assert "there is no name 'j' here" in message


def test_its_name_is_unknown_outside() -> None:
    message = _refusal('[repeat: {times: 2, as: i, layers: [relu]}, dense: "${i}"]')
    assert "vars has no name 'i'" in message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("3", "repeat must be a map, not 3"),
        ("{layers: [relu]}", "repeat needs one of times and each"),
        ("{times: 1, each: [1], layers: [relu]}", "repeat needs one of times and each"),
        ("{times: 1}", "repeat needs layers"),
        ("{times: 1, layer: [relu]}", "repeat has no option 'layer'"),
        ("{times: -1, layers: [relu]}", "times must be a whole number from 0 to 10,000, not -1"),
        ("{times: 10001, layers: [relu]}", "times must be a whole number from 0 to 10,000"),
        (
            "{times: true, layers: [relu]}",
            "times must be a whole number from 0 to 10,000, not true",
        ),
        ("{times: 1.0, layers: [relu]}", "times must be a whole number from 0 to 10,000, not 1.0"),
        ("{each: 3, layers: [relu]}", "repeat: each must be a list, not 3"),
        ("{times: 1, as: 3, layers: [relu]}", "repeat: as must be a name, not 3"),
        ("{times: 1, as: a b, layers: [relu]}", "repeat: as must be a name, not the text 'a b'"),
        ("{times: 1, as: true_, layers: relu}", "repeat: layers must be a list"),
        ('{times: "${n}", layers: [relu]}', "vars has no name 'n'"),
    ],
)
def test_a_wrong_repeat_is_a_located_error(options: str, said: str) -> None:
    message = _refusal(f"[repeat: {options}]")
    assert said in message
    assert message.count("error:") == 1


# ---------------------------------------------------------------- when


@pytest.mark.parametrize(
    ("options", "made"),
    [
        ("test: true, layers: [relu, tanh]", ["relu", "tanh"]),
        ("test: false, layers: [relu]", []),
        ("test: false, layers: [relu], else: [tanh]", ["tanh"]),
        ('test: "${n > 3}", layers: [dense: "${n}"], else: [dense: "${1 / 0}"]', [{"dense": 4}]),
        ('test: "${n < 3}", layers: [dense: "${1 / 0}"]', []),
        ('test: true, layers: "${list}"', ["a", "b"]),
        ("test: true, layers: [when: {test: true, layers: [relu]}]", ["relu"]),
    ],
)
def test_the_one_or_the_other_layers_stand_in_place(options: str, made: Any) -> None:
    found = _layers(f"[first, when: {{{options}}}, last]", names="n: 4, list: [a, b]")
    assert found == ["first", *made, "last"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("", "when must be a map, not nothing"),
        ("{test: true}", "when needs layers"),
        ("{layers: [relu]}", "when needs test"),
        ("{else: []}", "when needs test and layers"),
        ("{tset: true, layers: [relu]}", "when has no option 'tset'"),
        ("{test: 1, layers: [relu]}", "when: test must be true or false, not 1"),
        ("{test: 'true', layers: [relu]}", "when: test must be true or false, not the text 'true'"),
        ("{test: true, layers: relu}", "when: layers must be a list, not the text 'relu'"),
        ("{test: true, layers: [relu], else: 3}", "when: else must be a list, not 3"),
        ('{test: true, layers: "${3}"}', "when: its layers must be a list, not 3"),
        ('{test: true, layers: [relu], else: ["${n}"]}', "vars has no name 'n'"),
        ('{test: false, layers: ["${1 +}"]}', "${1 +}: not an expression"),
    ],
)
def test_a_wrong_when_is_a_located_error(options: str, said: str) -> None:
    message = _refusal(f"[when: {options}]")
    assert said in message
    assert message.count("error:") == 1


# ---------------------------------------------------------------- places


def test_a_value_has_the_place_in_its_block_and_that_of_its_use() -> None:
    text = (
        "blocks:\n"
        "  inner:\n"
        "    parameters: {n: int}\n"
        "    layers:\n"
        '      - dense: {units: "${n}"}\n'
        "  outer:\n"
        '    layers: [inner: 3]\n'
        "network:\n"
        "  layers:\n"
        "    - repeat: {times: 2, as: i, layers: [outer]}\n"
        "    - outer\n"
    )  # fmt: skip
    layers = _resolved(text)["network"]["layers"]
    second = layers[0]["sequential"]["layers"][1]["sequential"]["layers"][0]
    for outer, uses in (
        (
            second,
            ["used at a.yaml:7:14", "used at a.yaml:10:42", "in repeat, i = 1, at a.yaml:10:7"],
        ),
        (layers[1], ["used at a.yaml:7:14", "used at a.yaml:11:7"]),
    ):
        dense = outer["sequential"]["layers"][0]["sequential"]["layers"][0]["dense"]
        place = dense.places["units"]
        assert str(place) == "a.yaml:5:24"
        assert [use.as_use() for use in place.uses()] == uses
        assert dense.key_places["units"].uses() == place.uses()
        assert dense.place.uses() == place.uses()


def test_what_is_written_outside_of_blocks_has_no_use() -> None:
    layers = _resolved(_spec("[when: {test: true, layers: [dense: 3]}]"))["network"]["layers"]
    assert layers[0].places["dense"].use is None
    assert layers.places[0].use is None
