"""Canonical form of specs: nothing is lost, sections are in order."""

import json
import re
import shutil

import pytest

from nnspec.errors import Document, SpecError
from nnspec.language.formatting.syntax_tree import syntax_tree
from nnspec.language.reader import parse, read_document
from nnspec.language.writer import dump
from nnspec.options.component import to_plain
from nnspec.spec import loader
from nnspec.spec.canonical_form import canonical_form
from tests.paths import ROOT
from tests.random_graphs import random_network
from tests.random_yaml import random_yaml

FOLDERS = "specs", "examples/lecture", "tests/specs"
PATHS = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.yaml"))


def form(text):
    return canonical_form(Document("a.yaml", text))


def comments(text):
    return [comment.text for comment in syntax_tree(Document("", text)).comments]


def badly_written(text):
    """A spec with other indents, carriage returns, and a comment above and behind each line."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        indent = " " * 2 * (len(line) - len(line.lstrip()))
        code = re.sub("^(- )+", lambda dashes: "-   " * (len(dashes[0]) // 2), line.lstrip())
        is_bare = code and "#" not in code
        lines += [f"{indent}# above {number}"] if is_bare else []
        lines.append(f"{indent}{code}{f' # behind {number}' if is_bare else ''}")
    return "\r\n".join(lines)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_projects_own_specs_are_in_it(path):
    text = read_document(path).text
    assert form(text) == text


def test_a_badly_written_spec_keeps_its_meaning_and_its_comments(tmp_path):
    for folder in FOLDERS:
        shutil.copytree(ROOT / folder, tmp_path / folder)
    for path in PATHS:
        changed = badly_written(read_document(path).text)
        formatted = form(changed)
        assert form(formatted) == formatted
        assert comments(formatted) == comments(changed.replace("\r", ""))
        (tmp_path / path.relative_to(ROOT)).write_text(formatted, encoding="utf-8")
    for path in PATHS[::3]:
        copy = tmp_path / path.relative_to(ROOT)
        assert loader.load(copy).plain() == loader.load(path).plain()


def test_random_texts_keep_their_values_and_comments():
    for seed in range(60):
        text = random_yaml(seed)
        formatted = form(text)
        assert form(formatted) == formatted, text
        assert repr(parse(Document("", formatted))) == repr(parse(Document("", text))), text
        assert comments(formatted) == comments(text), text


@pytest.mark.parametrize("seed", range(4))
def test_json_becomes_blocks_with_the_same_values(seed):
    values = random_network(seed)
    for text in (json.dumps(values), json.dumps(values, indent=3), dump(values)):
        formatted = form(text)
        assert to_plain(parse(Document("", formatted))) == values
        assert form(formatted) == formatted
        assert max(map(len, formatted.splitlines())) <= 100
        assert formatted.startswith("network:\n  ")


def test_sections_are_put_in_order_with_the_comments_above_them():
    text = """\
# The file.

# the loss
loss: mean_squared_error
train: {epochs: 1}
  # of train

network: {layers: [dense: 1]}
extends: base.yaml
# the end
"""
    assert (
        form(text)
        == """\
# The file.

extends: base.yaml
network: {layers: [dense: 1]}

# the loss
loss: mean_squared_error
train: {epochs: 1}
  # of train
# the end
"""
    )


def test_comments_at_the_start_are_the_files():
    assert form("# a\nloss: x\nname: y\n") == "# a\nname: y\nloss: x\n"


def test_an_unknown_section_stays_behind_the_one_above():
    assert form("loss: x\nlos: y\nname: z\n") == "name: z\nloss: x\nlos: y\n"


def test_sections_that_are_not_moved():
    for text in (
        "loss: &a mean_squared_error\nname: *a\n",  # the alias would stand before its anchor
        "loss: |+\n  x\n\nname: y\n",
        "loss: x\nname: y\n...\n",
        "{loss: x, name: y}\n",
    ):
        assert form(text) == text


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\n", "a.yaml:1:6"),
        ("a: 1\na: 2\n", "a.yaml:2:1"),
        ("b: &x {c: 1}\na: {<<: *x}\n", "a.yaml:2:5"),
        ("a: 1\n? 'b\n  c'\n: 1\n", "a.yaml:2:3"),
        ('a: 1\nb: "x\u2028y"\n', "a.yaml:2:6"),
    ],
)
def test_what_is_refused(text, place):
    with pytest.raises(SpecError, match=re.escape(f"{place}: error")):
        form(text)
