from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.options.component import to_plain
from nnspec.spec.resolver import resolve


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _resolve(text: str, *overrides: str) -> Any:
    Path("a.yaml").write_text(text, encoding="utf-8")
    return to_plain(resolve("a.yaml", overrides))


def _refusal(text: str, *overrides: str) -> str:
    with pytest.raises(SpecError) as caught:
        _resolve(text, *overrides)
    return str(caught.value)


# ---------------------------------------------------------------- extends


def test_maps_are_laid_over_key_by_key_and_lists_replaced(folder: Path) -> None:
    (folder / "base.yaml").write_text("a: {b: 1, c: 2}\nl: [1, 2]\n")
    assert _resolve("extends: base.yaml\na: {c: 3, d: 4}\nl: [9]\n") == {
        "a": {"b": 1, "c": 3, "d": 4},
        "l": [9],
    }


def test_another_kind_replaces_a_component(folder: Path) -> None:
    (folder / "base.yaml").write_text("optimizer: {sgd: {learning_rate: 1}}\nloss: {a: 1}\n")
    resolved = _resolve("extends: base.yaml\noptimizer: {sgd: {momentum: 0.5}}\n")
    assert resolved["optimizer"] == {"sgd": {"learning_rate": 1, "momentum": 0.5}}
    (folder / "base.yaml").write_text("loss: {mean_squared_error: {}}\n")
    resolved = _resolve("extends: base.yaml\nloss: {binary_crossentropy: {}}\n")
    assert resolved == {"loss": {"binary_crossentropy": {}}}


def test_a_base_is_found_beside_the_file_that_names_it(folder: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / "one.yaml").write_text("extends: two.yaml\n")
    (folder / "deep" / "two.yaml").write_text("x: 1\n")
    assert _resolve("extends: deep/one.yaml\n") == {"x": 1}


@pytest.mark.parametrize(
    ("base", "said"),
    [
        ("none.yaml", "No such file"),
        (".", "not a file"),
        ("/dev/zero", "not a file"),
        ("pipe", "not a file"),
        ("loop", "ymbolic link"),
        ('"a\\0b"', "null byte"),
        ("x" * 3000, "too long"),
        ("3", "needs the path"),
        ("[3]", "needs the path"),
        ("[]", "needs 1 to 16 paths, not 0"),
        ("[a.yaml]", "extends itself"),
        ("null", "needs the path"),
        ("./a.yaml", "extends itself"),
        ("two.yaml", "extends itself"),
    ],
)
def test_a_base_that_cannot_be_read_is_a_located_error(folder: Path, base: str, said: str) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "two.yaml").write_text("extends: a.yaml\n")
    message = _refusal(f"extends: {base}\n")
    assert said in message
    assert message.startswith(("a.yaml:1:1", "two.yaml:1:1"))


def test_a_long_chain_of_bases_is_refused(folder: Path) -> None:
    for i in range(20):
        (folder / f"{i}.yaml").write_text(f"extends: {i + 1}.yaml\n")
    assert "more than 16 specs extend each other" in _refusal("extends: 0.yaml\n")


# ---------------------------------------------------------------- overrides

BASE = "train: {epochs: 1}\nlayers: [{dense: {units: 3}}, flatten]\noptimizer: sgd\n"


@pytest.mark.parametrize(
    ("override", "path", "value"),
    [
        ("train.epochs=5", ["train", "epochs"], 5),
        ("train.epochs=1e-3", ["train", "epochs"], 0.001),
        ("train.seed=no", ["train", "seed"], "no"),
        ("new.deep.key=[1, {a: 2}]", ["new", "deep", "key"], [1, {"a": 2}]),
        ("layers.0.dense.units=8", ["layers", 0, "dense", "units"], 8),
        ("layers.1=relu", ["layers", 1], "relu"),
        ("optimizer.sgd.momentum=0.5", ["optimizer"], {"sgd": {"momentum": 0.5}}),
        ("name=a=b", ["name"], "a=b"),
        ("train=", ["train"], None),
    ],
)
def test_an_override_sets_one_value(
    folder: Path, override: str, path: list[Any], value: Any
) -> None:
    found = _resolve(BASE, override)
    for step in path:
        found = found[step]
    assert found == value


def test_an_override_leaves_what_an_alias_shares(folder: Path) -> None:
    resolved = _resolve("a: &x {k: 1}\nb: *x\n", "a.k=2")
    assert resolved == {"a": {"k": 2}, "b": {"k": 1}}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("", "'' is no override"),
        ("train.epochs", "is no override"),
        ("=1", "is no override"),
        ("train..epochs=1", "is no override"),
        ("layers.2=relu", "no item '2' in a list of 2"),
        ("layers.-1=relu", "no item '-1'"),
        ("layers.x=relu", "no item 'x'"),
        ("layers.\u0661=relu", "no item '\u0661'"),
        ("layers." + "9" * 5000 + "=relu", "no item"),
        ("train.epochs.x=1", "which has no keys"),
        ("optimizer.x.y=1", "sgd has no option 'x'"),
        ("train.epochs.y=1", "'y' is set inside 1"),
        (".".join("a" * 2000) + "=1", "more than 64 names"),
        ("train.epochs=[", "a value is missing"),
        ("train.epochs=010", "ambiguous"),
        ("train.epochs=!!python/name:os.system", "not allowed"),
        ("train.epochs=${none}", "vars has no name 'none'"),
        ("steps.0.divide=2", "there is no list that has an item 0"),
        ("vars.x=3", "the spec reads no variable 'x'"),
        ("a={b: 1, b: 2}", "stands twice"),
    ],
)
def test_a_bad_override_points_into_the_command_line(
    folder: Path, override: str, said: str
) -> None:
    message = _refusal(BASE, override)
    assert said in message
    assert message.startswith("command line:1:")


def test_an_overrides_value_is_pointed_at(folder: Path) -> None:
    lines = _refusal(BASE, "train.epochs=010").splitlines()
    assert lines[0].startswith("command line:1:14: error")
    assert lines[1].index("010") == lines[2].index("^")


# ---------------------------------------------------------------- vars and ${...}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("${n}", 3),
        ("${n * 2 + 1}", 7),
        ("${half}", 1.5),
        ("n is ${n}, ${n + 1}", "n is 3, 4"),
        ("$${n}", "${n}"),
        ("$n", "$n"),
        ("${l}", [1, {"a": 3}]),
        ("${later}", 4),
    ],
)
def test_holes_are_filled(folder: Path, written: str, value: Any) -> None:
    names = 'vars: {n: 3, half: "${n / 2}", l: [1, {a: "${n}"}], later: "${last}", last: 4}\n'
    assert _resolve(f'{names}x: "{written}"\n') == {"x": value}


def test_names_are_filled_after_overrides(folder: Path) -> None:
    assert _resolve('vars: {n: 3}\nx: "${n}"\n', "vars.n=5") == {"x": 5}
    assert _resolve("x: 1\n", "vars.n=5", "x=${n}") == {"x": 5}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('vars: {width: 1}\nx: "${widht}"', "did you mean 'width'?"),
        ('x: "${n}"', "define it under vars"),
        ('vars: {n: "${m}"}', "vars has no name 'm'"),
        ('vars: {a: "${a}"}', "a -> a is a cycle"),
        ('vars: {a: "${b}", b: ["${a}"]}', "a -> b -> a is a cycle"),
        ('vars: {l: [1]}\nx: "a ${l}"', "is a list, not text"),
        ('vars: {m: {k: 1}}\nx: "a ${m}"', "is a map, not text"),
        ('vars: {l: [1]}\nx: "${l + 1}"', "cannot calculate with"),
        ('x: "${1"', "not closed"),
        ('x: "${{1}}"', "not closed"),
        ('x: "${1 / 0}"', "division by zero"),
        ("vars: 3", "must be a map"),
        ("vars: [a]", "must be a map"),
    ],
)
def test_a_bad_hole_is_a_located_error(folder: Path, text: str, said: str) -> None:
    message = _refusal(f"{text}\n")
    assert said in message
    assert message.startswith("a.yaml:")


def _chain(value: str, count: int) -> str:
    return "".join(f", a{i}: {value.format(i - 1)}" for i in range(1, count))


@pytest.mark.parametrize(
    "names",
    [
        "{a0: [x, x]" + _chain('["${{a{0}}}", "${{a{0}}}"]', 60) + "}",
        "{a0: [x]" + _chain('["${{a{0}}}"]', 200) + "}",
        "{a0: xxxxxxxxxx" + _chain('"${{a{0}}}${{a{0}}}"', 60) + "}",
        "{big: "
        + "x" * 9000
        + ", l: ["
        + ", ".join(f'"${{big}}{i}"' for i in range(20_000))
        + "]}",
        "{" + ", ".join(f'a{i}: "${{a{i + 1}}}"' for i in range(3_000)) + ", a3000: 1}",
        '{a: 1, b: "' + "${a}" * 100_000 + '"}',
    ],
    ids=["wide", "deep", "text", "long texts", "long chain", "many holes"],
)
def test_names_cannot_explode(folder: Path, names: str) -> None:
    assert len(_refusal(f"vars: {names}\nx: 1\n")) < 1000


def test_a_number_is_worked_out_once(folder: Path) -> None:
    names = "{a0: 1" + _chain('"${{a{0} + a{0}}}"', 60) + "}"
    assert _resolve(f'vars: {names}\nx: "${{a59}}"\n') == {"x": 2**59}


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), ("# a\n", "is empty"), ("[a]", "no map")]
)
def test_a_spec_is_a_map(folder: Path, text: str, said: str) -> None:
    assert (
        f"a.yaml:1:1: error: the spec {'is empty' if said == 'is empty' else 'holds no map'}"
        in _refusal(text)
    )


def test_the_path_of_a_parameter_of_a_study_is_one_key(folder: Path) -> None:
    path = "optimizer.sgd.learning_rate"
    found = _resolve("a: 1", f"tune.parameters.{path}=[1, 2]")
    assert found["tune"] == {"parameters": {path: [1, 2]}}
    text = f"tune: {{parameters: {{{path}: {{low: 1, high: 2}}}}}}"
    found = _resolve(text, f"tune.parameters.{path}.low=0")
    assert found["tune"] == {"parameters": {path: {"low": 0, "high": 2}}}


# ---------------------------------------------------------------- variables in overrides


def test_a_variable_that_nothing_reads_is_refused_with_the_nearest(folder: Path) -> None:
    text = "vars: {width: 4}\nunits: ${width}\nprice: $${cost}\n"
    for override, column in (("vars.widht=8", 6), ("vars={widht: 8, width: 3}", 7)):
        message = _refusal(text, override)
        assert f"command line:1:{column}: error: the spec reads no variable 'widht'" in message
        assert message.endswith("did you mean 'width'?")
    assert "write ${cost} where its value belongs" in _refusal("price: $${cost}", "vars.cost=1")


def test_an_override_may_add_a_variable_that_is_read(folder: Path) -> None:
    text = "vars: {width: '${half * 2}'}\nunits: ${width}\n"
    assert _resolve(text, "vars.half=2") == {"units": 4}
    assert _resolve(text, "units=${n}", "vars.n=3", "vars.half=1") == {"units": 3}
