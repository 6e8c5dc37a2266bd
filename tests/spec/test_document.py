from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnspec.errors import SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.ir import Graph
from nnspec.language import writer
from nnspec.spec.loader import build, load
from tests.golden import GOLDEN, cases, expected, outcome
from tests.paths import SPECS

NETWORK = {"layers": [{"dense": 2}], "input_shape": [3]}


def _compiled(path: str | Path) -> Graph:
    return compile_spec(load(path))


@cases("bad")
def test_all_mistakes_of_a_file_come_at_once(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / "bad")
    assert outcome(_compiled, f"{name}.yaml") == expected("bad", name)


@cases("bad")
def test_each_mistake_takes_three_lines_and_one_for_each_use(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(GOLDEN / "bad")
    with pytest.raises(SpecError) as caught:
        _compiled(f"{name}.yaml")
    for problem in caught.value.problems:
        assert re.match(r"[a-z_]+\.yaml:\d+:\d+: error: ", problem.render())
        uses = len(problem.where.uses()) if problem.where else 0
        assert len(problem.render().splitlines()) == 3 + uses <= 10


@cases("good")
def test_what_a_spec_means(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / "good")
    assert outcome(_compiled, f"{name}.yaml") == expected("good", name)


@pytest.mark.parametrize("path", sorted(SPECS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_resolved_spec_written_out_means_the_same(path: Path, tmp_path: Path) -> None:
    spec = load(path)
    (tmp_path / "again.yaml").write_text(writer.dump(spec.plain()), encoding="utf-8")
    again = load(tmp_path / "again.yaml")
    assert again.plain() == spec.plain()
    assert str(compile_spec(again)) == str(compile_spec(spec))


def test_relative_paths_start_at_the_spec() -> None:
    assert load(SPECS / "mlp.yaml").folder == SPECS


def test_a_spec_made_in_python_has_no_places() -> None:
    spec = build({"network": NETWORK})
    assert spec.locate("network", "layers", 0) is None
    with pytest.raises(SpecError) as caught:
        build({"network": {"layers": [{"dense": 0}]}})
    assert caught.value.problems[0].where is None


@pytest.mark.parametrize("values", [None, 3, "text", [1]])
def test_a_spec_is_a_map(values: Any) -> None:
    with pytest.raises(SpecError, match="a spec is a map of keys"):
        build(values)


@pytest.mark.parametrize("name", ["a", "MNIST cnn", "v1.2+x-3_y", "激勵", "a" * 100])
def test_names(name: str) -> None:
    assert build({"name": name, "network": NETWORK}).name == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        ".",
        "..",
        "../x",
        "a/b",
        "a\\b",
        "/a",
        "-a",
        ".a",
        "a.",
        "a ",
        "a\n",
        "a\0",
        "con",
        "NUL.txt",
        "a" * 101,
    ],
)
def test_a_name_leads_to_no_other_folder(name: str) -> None:
    with pytest.raises(SpecError, match="name must be 1 to 100 letters"):
        build({"name": name, "network": NETWORK})


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("cnn.yaml", "cnn"),
        ("a b!.yaml", "a-b-"),
        ("...yaml", "network"),
        ("-x.yaml", "x"),
        ("con.yaml", "network"),
        ("a" * 99 + "..yaml", "a" * 99),
        ("b" * 200 + ".yaml", "b" * 100),
        ("+.yaml", "network"),
    ],
)
def test_a_spec_without_a_name_is_called_like_its_file(
    tmp_path: Path, file: str, name: str
) -> None:
    (tmp_path / file).write_text(writer.dump({"network": NETWORK}))
    assert load(tmp_path / file).name == name


NUMERIC = [
    ("train", "epochs"),
    ("train", "batch_size"),
    ("train", "seed"),
    ("train", "validation_split"),
    ("expect", "parameters"),
    ("expect", "tolerance"),
    ("expect", "train", "accuracy"),
    ("optimizer", "sgd", "momentum"),
    ("network", "input_shape"),
    ("network", "layers", 0, "dense", "units"),
]


@pytest.mark.parametrize("path", NUMERIC, ids=lambda path: ".".join(map(str, path)))
@pytest.mark.parametrize(
    "value", [".nan", ".inf", "-.inf", "true", '"3"', "text", "{a: 1}", "-1e300", "[[]]"]
)
def test_a_number_is_a_finite_number(tmp_path: Path, path: tuple[Any, ...], value: str) -> None:
    (tmp_path / "a.yaml").write_text(
        "network: {input_shape: [3], layers: [{dense: {units: 2}}]}\n"
        "optimizer: {sgd: {learning_rate: 0.1}}\ntrain: {}\nexpect: {train: {}}\n"
    )
    key = ".".join(map(str, path))
    if value == "-1e300" and path[:2] == ("expect", "train"):
        return  # any finite figure may be expected
    with pytest.raises(SpecError) as caught:
        load(tmp_path / "a.yaml", [f"{key}={value}"])
    problem = caught.value.problems[0]
    assert problem.where
    assert str(problem.where).startswith("command line:1:")
    assert problem.where.column > len(key)
    assert str(path[-1]) in problem.message


# ---------------------------------------------------------------- mutations

_KEY = re.compile(r"[a-z_0-9]+(?=:)")
_VALUES = [
    "null",
    "true",
    "-1",
    "0",
    "1e9",
    ".nan",
    "text",
    "[]",
    "{}",
    "[1, [2]]",
    "{a: 1}",
    '""',
    "010",
    "*a",
    "!!x y",
]


def _misspell(text: str, rng: random.Random) -> str:
    match = rng.choice(list(_KEY.finditer(text)))
    key = list(match[0])
    key.insert(rng.randrange(len(key) + 1), rng.choice("xqz"))
    return text[: match.start()] + "".join(key) + text[match.end() :]


def _replace_value(text: str, rng: random.Random) -> str:
    match = rng.choice(list(re.finditer(r"(?<=: )[^\s,{}\[\]]+", text)))
    return text[: match.start()] + rng.choice(_VALUES) + text[match.end() :]


def _drop_line(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    del lines[rng.randrange(len(lines))]
    return "".join(lines)


def _indent(text: str, rng: random.Random) -> str:
    lines = text.splitlines(keepends=True)
    index = rng.randrange(len(lines))
    lines[index] = rng.choice(["", " ", "  ", "\t", "      "]) + lines[index].lstrip(" ")
    return "".join(lines)


def _change_character(text: str, rng: random.Random) -> str:
    index = rng.randrange(len(text))
    return text[:index] + rng.choice("{}[]:,-#&*!|>'\"%@ \n\t\x00\x85é") + text[index + 1 :]


MUTATIONS = [_misspell, _replace_value, _drop_line, _indent, _change_character]


def _refusal(path: Path, text: str) -> SpecError | None:
    path.write_text(text, encoding="utf-8")
    try:
        compile_spec(load(path))
    except SpecError as error:
        return error
    return None


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.__name__)
@pytest.mark.parametrize("original", ["mlp", "cnn"])
def test_a_spoilt_spec_is_refused_with_places_or_still_a_spec(
    original: str, mutation: Callable[[str, random.Random], str], tmp_path: Path
) -> None:
    text = (SPECS / f"{original}.yaml").read_text(encoding="utf-8")
    refused = 0
    for seed in range(200):
        error = _refusal(tmp_path / "a.yaml", mutation(text, random.Random(seed)))  # noqa: S311
        refused += error is not None
        for problem in error.problems if error else ():
            assert problem.where, problem
            assert problem.render()
    assert refused > 20


@pytest.mark.parametrize("original", ["mlp", "cnn"])
def test_a_misspelt_key_is_always_reported_at_its_line(original: str, tmp_path: Path) -> None:
    text = (SPECS / f"{original}.yaml").read_text(encoding="utf-8")
    text = re.sub(r" *#.*", "", text)
    for seed in range(400):
        spoilt = _misspell(text, random.Random(seed))  # noqa: S311
        lines = zip(text.split("\n"), spoilt.split("\n"), strict=True)
        line, written = next((i, now) for i, (was, now) in enumerate(lines) if was != now)
        if written.startswith(("  train: {", "  test: {")):
            continue  # the names of expected figures are free
        error = _refusal(tmp_path / "a.yaml", spoilt)
        assert error, spoilt
        assert line in {problem.where.line for problem in error.problems if problem.where}
