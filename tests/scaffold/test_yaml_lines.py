"""Lines of YAML with comments."""

from __future__ import annotations

from nnspec.errors import Document
from nnspec.language.reader import parse
from nnspec.language.writer import dump_flow
from nnspec.scaffold.yaml_lines import WIDTH, YamlLine, listed, render


def test_long_comments_stand_above_their_line():
    text = render(
        [YamlLine("a: 1", "short"), YamlLine("  b: 2", "word " * 40), YamlLine("", "alone")]
    )
    lines = text.splitlines()
    assert lines[0] == "a: 1  # short"
    assert all(line.startswith("  # word") and len(line) <= WIDTH for line in lines[1:4])
    assert lines[-2:] == ["  b: 2", "# alone"]


def test_a_comment_cannot_end():
    assert render([YamlLine("a: 1", "x\nb: 2\u2028c: 3\r")]).count("\n") == 1


def test_lists_are_broken_between_items():
    names = [f"a name, with a comma {n}" for n in range(30)]
    text = listed("k: [", [dump_flow(name) for name in names], "]")
    assert max(map(len, text.splitlines())) <= WIDTH
    assert parse(Document("k.yaml", text)) == {"k": names}
