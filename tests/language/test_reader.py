from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nnspec.errors import Document, Problem, SpecError
from nnspec.language import reader, writer
from nnspec.language.located import LocatedList, LocatedMap, key_place, locate, value_at
from tests.golden import GOLDEN, cases, expected, outcome


def parse(text: str) -> Any:
    return reader.parse(Document("x.yaml", text))


@cases("yaml")
def test_the_pitfalls_of_yaml(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(GOLDEN / "yaml")
    assert outcome(lambda path: ascii(reader.read_file(path)), f"{name}.yaml") == expected(
        "yaml", name
    )


# Text that YAML can hold: no control characters, and no lone surrogates.
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=[chr(0xFEFF)])).filter(
    lambda text: (
        all(c in "\t\n\r" or (ord(c) >= 32 and not 127 <= ord(c) < 160) for c in text)
        and not any(0xFDD0 <= ord(c) <= 0xFDEF or ord(c) & 0xFFFE == 0xFFFE for c in text)
    )
)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False)
    | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(TEXT.filter(lambda t: t != "<<"), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_what_is_dumped_is_read_back(value: Any) -> None:
    assert parse(writer.dump(value)) == value


@given(st.floats(allow_nan=False))
def test_numbers_keep_every_bit(number: float) -> None:
    back = parse(writer.dump(number))
    assert type(back) is float
    assert math.copysign(1, back) == math.copysign(1, number)
    assert back == number


@given(st.text() | st.text("[]{}:,-?&*!|>'\"%@`#<= \t\n\\abc019.~$\x85\u2028\x00"))
def test_any_text_gives_a_value_or_a_located_error(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    value = None
    try:
        value = parse(text)
    except SpecError as error:
        problems = error.problems
    assert all(problem.where and problem.render() for problem in problems)
    assert value is None or isinstance(value, bool | int | float | str | LocatedMap | LocatedList)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_located_error(
    tmp_path_factory: pytest.TempPathFactory, raw: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "bytes.yaml"
    path.write_bytes(raw)
    assert outcome(reader.read_file, str(path))


def test_every_value_knows_its_place() -> None:
    root = parse("a: 1\nb:\n  - x\n  - {c: yes}\n")
    assert str(locate(root, ["a"])) == "x.yaml:1:4"
    assert str(locate(root, ["b", 0])) == "x.yaml:3:5"
    assert str(locate(root, ["b", 1, "c"])) == "x.yaml:4:9"
    assert str(key_place(root, ["b", 1, "c"])) == "x.yaml:4:6"
    assert str(locate(root, ["b", 1, "nothing", "here"])) == "x.yaml:4:5"
    assert value_at(root, ["b", 1, "c"]) == "yes"
    assert value_at(root, ["b", 7]) is None


@pytest.mark.parametrize("line_break", ["\n", "\r\n", "\r", "\u2028", "\u2029"])
def test_lines_are_counted_as_the_parser_counts_them(line_break: str) -> None:
    with pytest.raises(SpecError) as caught:
        parse(f"# a{line_break}# b{line_break}c: 010")
    assert str(caught.value.problems[0].where) == "x.yaml:3:4"
    assert "3 | c: 010" in str(caught.value)


def test_wide_characters_do_not_move_the_caret() -> None:
    with pytest.raises(SpecError) as caught:
        parse("激勵函數: 010")
    assert str(caught.value).splitlines()[2].index("^") == 12 + 6


def test_an_alias_shares_the_value_that_it_names() -> None:
    assert parse("a: &x [1, 2]\nb: *x") == {"a": [1, 2], "b": [1, 2]}


def test_all_duplicate_keys_and_bad_scalars_come_at_once() -> None:
    with pytest.raises(SpecError) as caught:
        parse("a: 010\na: 2\nb: !!set {}\n1.5: x\n<<: {}\n")
    assert [problem.where.line for problem in caught.value.problems if problem.where] == [
        0,
        1,
        2,
        3,
        4,
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a:\n\tb: 1", "a tab cannot"),
        ("a: [1, 2", "not closed"),
        ("a: {b: 1", "not closed"),
        ("a: `b`", "cannot begin"),
        ("a: @b", "'@' cannot begin"),
        ("a: 1\n b: 2", "second ': '"),
        ("a: 1\nb", "this line is no"),
        ("- a\nb: 1", "this line is no"),
        ("a: [", "a value is missing"),
        ("%TAG !e! tag:x\n---\na: 1", "%TAG is not allowed"),
    ],
)
def test_syntax_mistakes_are_put_plainly(text: str, said: str) -> None:
    with pytest.raises(SpecError, match=said):
        parse(text)


def test_a_file_that_is_none(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, said in [
        (tmp_path, "not a file"),
        (pipe, "not a file"),
        (tmp_path / "none", "No such file"),
        ("/dev/zero", "not a file"),
        ("a\0b", "null byte"),
        ("x" * 5000, "too long"),
    ]:
        with pytest.raises(SpecError, match=said) as caught:
            reader.read_file(path)
        assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("a: 1".encode("utf-16"), "0xff is not UTF-8"),
        ("a: 1".encode("utf-16-le"), r"U\+0000 is not"),
        (b"a: 1\nb: \xe9\n", ":2:4: error: byte 0xe9"),
        (b"#" * 8_000_001, "larger than 8 MB"),
        (b"a: \xed\xa0\x80", "UTF-8"),
    ],
)
def test_other_encodings_are_named(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "a.yaml").write_bytes(raw)
    with pytest.raises(SpecError, match=said):
        reader.read_file(tmp_path / "a.yaml")
