"""No input, however hostile, may hang, exhaust the memory or end in a traceback."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nnspec.errors import Document, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.language import reader
from nnspec.spec.loader import build
from tests.refused_texts import refusals_of

HEAD = "network:\n  input_shape: [4]\n  layers:\n"


def _rows(inputs: str, targets: str) -> str:
    data = f"data: {{source: {{rows: {{inputs: {inputs}, targets: {targets}}}}}}}\n"
    return f"{data}{HEAD}    - dense: 1\n"


def _many(template: str, count: int = 20_000) -> str:
    return "".join(template.replace("#", str(i)) for i in range(count))


def _chain(value: str) -> str:
    return "\n".join(f"a{i}: &a{i} {value.format(i - 1)}" for i in range(1, 100))


HOSTILE: dict[str, Callable[[], str]] = {
    "open lists": lambda: "[" * 1_000_000,
    "open maps": lambda: "{" * 1_000_000,
    "open quotes": lambda: '["' * 500_000,
    "deep flow": lambda: "[" * 5_000 + "]" * 5_000,
    "deep flow maps": lambda: "{a: " * 100_000,
    "dashes": lambda: "- " * 500_000,
    "questions": lambda: "? " * 500_000,
    "colons": lambda: ": " * 500_000,
    "empty items": lambda: "-\n" * 100_000,
    "empty keys": lambda: "?\n" * 100_000,
    "deep indents": lambda: "\n".join(" " * i + "a:" for i in range(1_500)),
    "long line": lambda: "a: " + "x" * 2_000_000,
    "long key": lambda: "a" * 1_000_000 + ": 1",
    "long quoted key": lambda: f'"{"a" * 1_000_000}": 1',
    "long keys": lambda: "{" + ",".join(f'"{"a" * 1000}{i}": 1' for i in range(2_000)) + "}",
    "lists as keys": lambda: "{" + "[a, b], " * 100_000 + "}",
    "long anchor": lambda: f"a: &{'x' * 1_000_000} 1\nb: *{'x' * 1_000_000}",
    "many anchors": lambda: _many("- &a# #\n", 90_000),
    "long tag": lambda: f"a: !{'x' * 1_000_000} 1",
    "many tag directives": lambda: _many("%TAG !e#! tag:e\n", 30_000) + "---\na: 1",
    "alias bomb": lambda: "a0: &a0 [x]\n" + _chain("[*a{0}, *a{0}]"),
    "wide bomb": lambda: f"a: &a [{'x,' * 1000}]\nb: [{'*a,' * 10_000}]",
    "deep aliases": lambda: "a0: &a0 [1]\n" + _chain("[*a{0}]"),
    "alias in itself": lambda: "a: &a {b: [*a]}",
    "blank lines": lambda: "\n" * 7_000_000,
    "spaces": lambda: " " * 7_000_000 + "a: 1",
    "huge integer": lambda: f"units: {'9' * 1_000_000}",
    "unknown keys": lambda: _many("k#: 1\n"),
    "duplicate keys": lambda: "a: 1\n" * 20_000,
    "keys that are numbers": lambda: _many("#: 1\n"),
    "bad scalars": lambda: _many("k#: 010\n"),
    "unknown layers": lambda: HEAD + _many("    - densse#: 4\n"),
    "unknown activations": lambda: HEAD + _many("    - activation: reluu#\n"),
    "unknown options": lambda: HEAD + f"    - dense: {{{_many('unit#: 1,')}}}",
    "wrong values": lambda: HEAD + _many("    - dense: x#\n"),
    "empty layers": lambda: HEAD + "    -\n" * 20_000,
    "many kinds in one": lambda: HEAD + f"    - {{{_many('dense#: 1,')}}}",
    "many axes": lambda: f"network: {{input_shape: [{'2,' * 90_000}], layers: [flatten]}}",
    "many sizes": lambda: HEAD + f"    - conv2d: {{filters: 1, kernel_size: [{'1,' * 90_000}]}}",
    "long name": lambda: f"name: {'a' * 1_000_000}\n" + HEAD + "    - dense: 1",
    "long kind": lambda: HEAD + "    - " + "a" * 1_000_000,
    "odd last row": lambda: _rows("[" + "[1,2,3,4]," * 15_000 + "[1]]", "[" + "1," * 15_001 + "]"),
    "deep rows": lambda: _rows("[" * 50 + "1" + "]" * 50, "[1]"),
}


def refuse(text: str) -> str:
    """The message with which a text is refused."""
    try:
        compile_spec(build(reader.parse(Document("x.yaml", text))))
    except SpecError as error:
        return str(error)
    raise AssertionError("accepted")


@pytest.mark.framework  # takes long
def test_hostile_texts_get_a_short_message_and_are_cheap() -> None:
    """None hangs (ten seconds of CPU; they take less than one) nor needs 100 MB."""
    refusals, peak = refusals_of("tests.test_limits")
    assert refusals.keys() == HOSTILE.keys()
    assert {name: one for name, one in refusals.items() if one.seconds > 10} == {}
    assert {name: one for name, one in refusals.items() if one.characters >= 20_000} == {}
    assert {name: one for name, one in refusals.items() if one.lines > 20 * 3 + 1} == {}
    assert peak <= 100
