"""No blocks, however hostile, may hang, exhaust the memory or end in a traceback."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from nnspec.errors import Document, SpecError
from nnspec.language import reader
from nnspec.language.located import LocatedMap
from nnspec.spec.resolver import fill_in
from tests.refused_texts import refusals_of


def _spec(layers: str, blocks: str = "", names: str = "") -> str:
    return f"blocks: {{{blocks}}}\nvars: {{{names}}}\nnetwork: {{layers: {layers}}}\n"


HOSTILE: dict[str, Callable[[], str]] = {
    "a block twice, 40 deep": lambda: _chained(40, 2),
    "a block eight times, 8 deep": lambda: _chained(8, 8),
    "repeat in repeat": lambda: _spec(
        "[repeat: {times: 10000, layers: [repeat: {times: 10000, layers: [relu]}]}]"
    ),
    "no time, often": lambda: _spec(
        "[repeat: {times: 10000, layers: [repeat: {times: 10000, layers: []}]}]"
    ),
    "deep repeats": lambda: _spec(
        "[repeat: {times: 1, layers: " * 18 + "[relu]" + "}]" * 18
    ),
    "when in when in blocks": lambda: _nested_tests(17, 14),
    "a search in a long list": lambda: _spec(
        '[repeat: {times: 9000, as: i, layers: [when: {test: "${i in l}", layers: [relu]}]}]',
        names=f"l: [{'-1, ' * 90_000}]",
    ),
    "a comparison of long lists": lambda: _spec(
        '[repeat: {times: 9000, layers: [when: {test: "${l == l}", layers: [relu]}]}]',
        names=f"l: [{'-1, ' * 90_000}]",
    ),
    "long expressions": lambda: _spec(
        f'[repeat: {{times: 9000, as: i, layers: [dense: "${{{"i + " * 58}1}}"]}}]'
    ),
    "long texts": lambda: _spec(
        '[repeat: {times: 9000, layers: [dense: "${t}${t}${t}${t}"]}]', names=f"t: {'x' * 2000}"
    ),
    "one long text": lambda: _spec(f'["{"${t}" * 100_000}"]', names=f"t: {'x' * 9000}"),
    "a long list for each use": lambda: _spec(
        '[repeat: {times: 9000, layers: [b: "${l}"]}]',
        'b: {parameters: {x: list}, layers: [dense: "${len(x)}"]}',
        f"l: [{'1, ' * 50_000}]",
    ),
    "a mistake at each use": lambda: _spec(
        "[repeat: {times: 9000, layers: [b: 3, b, c]}]",
        'b: {parameters: {x: list}, layers: [relu]}, c: {layers: [dense: "${1 / 0}"]}',
    ),
    "many misspelt blocks": lambda: _spec(
        f"[{', '.join(f'unit{i}' for i in range(40_000))}]", "unit: {layers: [relu]}"
    ),
}  # fmt: skip


def _chained(depth: int, times: int) -> str:
    blocks = [f"b{i}: {{layers: [{f'b{i + 1}, ' * times}]}}" for i in range(depth)]
    return _spec("[b0]", ", ".join([*blocks, f"b{depth}: {{layers: [relu]}}"]))


def _nested_tests(depth: int, tests: int) -> str:
    """Blocks in blocks, each within many tests."""
    inner = "{when: {test: true, layers: [" * tests + "b{}" + "]}}" * tests
    blocks = [f"b{i}: {{layers: [{inner.replace('b{}', f'b{i + 1}')}]}}" for i in range(depth)]
    return _spec("[b0]", ", ".join([*blocks, f"b{depth}: {{layers: [relu]}}"]))


def refuse(text: str) -> str:
    """The message with which a text is refused."""
    try:
        fill_in(reader.parse(Document("a.yaml", text)))
    except SpecError as error:
        return str(error)
    raise AssertionError("accepted")


@pytest.mark.framework  # takes long
def test_bombs_get_a_short_message_and_are_cheap() -> None:
    """None takes ten seconds of CPU (they take less than one) nor needs 100 MB."""
    refusals, peak = refusals_of("tests.spec.test_block_limits")
    assert refusals.keys() == HOSTILE.keys()
    assert {name: one for name, one in refusals.items() if one.seconds > 10} == {}
    assert {name: one for name, one in refusals.items() if one.characters >= 20_000} == {}
    assert {name: one for name, one in refusals.items() if one.lines > 20 * 9 + 1} == {}
    assert peak <= 100


SEED = """
vars: {n: 4, wide: [3, 5], stage: {units: 7}}
blocks:
  unit: {parameters: {units: int, kind: relu}, layers: [dense: "${units}", "${kind}"]}
  one: {parameters: {rate: 0.5}, layers: [dropout: "${rate}"]}
  stem: {layers: [flatten, one]}
network:
  layers:
    - unit: {units: "${n * 2}", name: first}
    - repeat: {times: "${n}", as: i, layers: [{unit: "${i + 1}"}, stem]}
    - repeat: {each: "${wide}", as: w, name: r, layers: [{dense: "${w + stage['units']}"}]}
    - when: {test: "${n > 3 and 3 in wide}", layers: [one], else: [{one: 1}]}
    - branches: {paths: [[stem], [{unit: "${wide[-1]}"}]]}
"""
PIECES = [
    "${", "}", "[", "]", "{", "}", ", ", ": ", "n", "i", "unit", "stem", "repeat", "when", "test",
    "times", "each", "as", "layers", "else", "3", "-1", "1.5", "true", "null", '"', "'", "+", "**",
    "if", " in ", "len(", "blocks", "parameters", "int", "name", "inputs", "\n", "  ", "- ",
]  # fmt: skip


def _mutated(text: str, draw: random.Random) -> str:
    for _ in range(draw.randint(1, 4)):
        at, width = draw.randrange(len(text)), draw.choice([0, 1, 1, 3, 8])
        text = text[:at] + draw.choice(["", *PIECES]) + text[at + width :]
    return text


def _outcome(text: str) -> SpecError | None:
    """The error with which a text is refused; None where it is accepted."""
    try:
        value = reader.parse(Document("a.yaml", text))
        if isinstance(value, LocatedMap):
            fill_in(value)
    except SpecError as error:
        return error
    return None


def test_mutated_documents_give_values_or_located_errors() -> None:
    draw = random.Random(3)  # noqa: S311
    texts = [_mutated(SEED, draw) for _ in range(1_000)]
    errors = [error for error in map(_outcome, texts) if error]
    problems = [problem for error in errors for problem in error.problems]
    assert all(problem.where for problem in problems)
    assert all(len(problem.render().splitlines()) <= 10 for problem in problems)
    assert 100 < len(errors) < 970
    assert len({problem.message for problem in problems if problem.code != "yaml"}) > 100
