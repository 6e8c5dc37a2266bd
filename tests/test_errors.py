from __future__ import annotations

import pytest

from nnspec.errors import (
    Document,
    NnspecError,
    Problem,
    SourceSpan,
    did_you_mean,
    in_order,
    nearest,
    quoted,
    rendered,
    visible,
)

TEXT = Document("a.yaml", "one: 1\ntwo: 2\n")


def test_a_problem_shows_place_line_caret_and_hint() -> None:
    problem = Problem("two is wrong", SourceSpan(TEXT, 1, 5, 1), "write 3")
    assert problem.render().splitlines() == [
        "a.yaml:2:6: error: two is wrong",
        "        2 | two: 2",
        "          |      ^ write 3",
    ]


def test_a_problem_without_a_place_keeps_its_hint() -> None:
    assert Problem("no spec", hint="name a file").render() == "error: no spec (name a file)"


@pytest.mark.parametrize("column", [0, 50, 5_000, 99_999])
def test_a_long_line_is_cut_around_the_caret(column: int) -> None:
    line = "".join(chr(97 + i % 26) for i in range(100_000))
    rendered = Problem("x", SourceSpan(Document("a", line), 0, column)).render().splitlines()
    assert max(map(len, rendered)) < 130
    assert rendered[1][rendered[2].index("^")] == line[column]


def test_carets_stay_under_the_shown_line() -> None:
    rendered = Problem("x", SourceSpan(TEXT, 0, 5, 500)).render().splitlines()
    assert len(rendered[2]) == len(rendered[1])


def test_a_place_past_the_text_is_still_named() -> None:
    assert Problem("x", SourceSpan(TEXT, 99, 0), "end").render().splitlines() == [
        "a.yaml:100:1: error: x",
        "    end",
    ]


def test_many_problems_are_counted_rather_than_listed() -> None:
    error = NnspecError(Problem(f"number {i}") for i in range(20_000))
    lines = str(error).splitlines()
    assert len(error.problems) == 20_000
    assert lines[19:] == ["error: number 19", "... and 19,980 more"]


def test_a_hint_is_worked_out_only_when_it_is_shown() -> None:
    asked = []
    hints = [lambda i=i: asked.append(i) or f"hint {i}" for i in range(1_000)]
    assert "hint 19" in str(NnspecError(Problem("x", hint=hint) for hint in hints))
    assert len(set(asked)) == 20


def test_equal_problems_are_one() -> None:
    place = SourceSpan(TEXT, 0, 0)
    assert len({Problem("x", place), Problem("x", place), Problem("y", place)}) == 2


def _used(depth: int, role: str = "") -> SourceSpan:
    """A span in a block whose uses are nested `depth` deep; the outermost has the role."""
    span = SourceSpan(TEXT, 1, 0, 3, None, role)
    for column in range(depth):
        span = SourceSpan(TEXT, 0, column, 3, span)
    return span


def test_a_problem_in_a_block_tells_its_uses() -> None:
    place = _used(2, "in repeat, i = 2")
    assert [str(use) for use in place.uses()] == ["a.yaml:1:1", "a.yaml:2:1"]
    assert Problem("x", place).render().splitlines()[3:] == [
        "   used at a.yaml:1:1",
        "   in repeat, i = 2, at a.yaml:2:1",
    ]


def test_of_many_uses_the_innermost_and_the_outermost_are_told() -> None:
    lines = Problem("x", _used(40)).render().splitlines()
    assert lines[0] == "a.yaml:1:40: error: x"
    assert lines[3:] == [
        "   used at a.yaml:1:39",
        "   used at a.yaml:1:38",
        "   ... 36 more uses",
        "   used at a.yaml:1:1",
        "   used at a.yaml:2:1",
    ]
    assert len(lines) <= 10


def test_a_mistake_in_a_block_is_told_once_however_often_it_is_used() -> None:
    uses = [SourceSpan(TEXT, 1, column) for column in range(5)]
    problems = [Problem("x", SourceSpan(TEXT, 0, 0, 3, use)) for use in uses]
    error = NnspecError([*problems, Problem("y", SourceSpan(TEXT, 0, 0, 3, uses[0]))])
    lines = str(error).splitlines()
    assert len(error.problems) == 6
    assert [line for line in lines if "error" in line] == [
        "a.yaml:1:1: error: x",
        "a.yaml:1:1: error: y",
    ]
    assert lines[3:5] == ["   used at a.yaml:2:1", "   and in 4 other uses"]


def test_advice_on_a_block_is_told_once_though_it_names_the_layer_of_each_use() -> None:
    found = [
        Problem(
            f"layer {column}", SourceSpan(TEXT, 0, 0, 3, SourceSpan(TEXT, 1, column)), code=code
        )
        for column in range(3)
        for code in ("first", "second")
    ]
    for problem in found:
        problem.severity = "advice"
    lines = rendered(found).splitlines()
    assert [line for line in lines if "advice" in line] == [
        "a.yaml:1:1: advice: layer 0 [first]",
        "a.yaml:1:1: advice: layer 0 [second]",
    ]
    assert lines.count("   and in 2 other uses") == 2


def test_problems_are_ordered_as_the_file_is() -> None:
    problems = [
        Problem("c", SourceSpan(TEXT, 1, 3)),
        Problem("b", SourceSpan(TEXT, 1, 0)),
        Problem("a"),
    ]
    assert [problem.message for problem in in_order(problems)] == ["a", "b", "c"]


def test_messages_cannot_disturb_a_terminal() -> None:
    assert visible("a\x1b[31m\u202eb") == "a\\x1b[31m\\u202eb"
    problem = Problem("x", SourceSpan(Document("\x1b.yaml", "a\x1bb\u202ec"), 0, 0), "h")
    assert "\x1b" not in problem.render()
    assert "\u202e" not in problem.render()


def test_a_long_value_is_cut() -> None:
    assert len(quoted("x" * 10**6)) == 100


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("unit", "units"),
        ("Units", "units"),
        ("kernelsize", "kernel_size"),
        ("kernal_size", "kernel_size"),
        ("zzz", None),
        ("u" * 10**6, None),
    ],
)
def test_the_nearest_name(word: str, meant: str | None) -> None:
    assert nearest(word, ["units", "kernel_size", "padding"]) == meant


def test_unknown_words_get_the_known_ones() -> None:
    assert did_you_mean("zzz", ["b", "a"]) == "known: a, b"
    assert did_you_mean("zzz", [f"k{i}" for i in range(99)]).endswith(", ...")


def test_a_list_of_known_words_has_each_once() -> None:
    assert did_you_mean("xyz", ["relu", "dense", "relu"]) == "known: dense, relu"
