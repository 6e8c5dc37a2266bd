"""Layout of YAML text: what changes, what stays, and that it is stable."""

import pytest

from nnspec.errors import Document
from nnspec.language import reader
from nnspec.language.formatting.formatter import format_text
from nnspec.language.formatting.syntax_tree import syntax_tree

LONG = ", ".join(f"name_{number:02}" for number in range(16))  # 126 characters

CHANGED = {
    "indents": (
        "a:\n    b:\n    - c:   1\n    -   d: 2\n        e : 3\n",
        "a:\n  b:\n    - c: 1\n    - d: 2\n      e: 3\n",
    ),
    "nested lists": ("-\n  - a: 1\n    b: 2\n  -\n    c: 3\n", "- - a: 1\n    b: 2\n  - c: 3\n"),
    "spaces of flow style": ("a: [ 1,2 ,{ b : c },[d : 1] ,]\n", "a: [1, 2, {b: c}, [d: 1]]\n"),
    "a broken bracket": ("a: {\n  b: 1,\n  c: 2\n}\n", "a: {b: 1, c: 2}\n"),
    "a value below": ("a:\n  [1, 2]\nb:\n  c\n", "a: [1, 2]\nb: c\n"),
    "quotes": (
        "a: 'relu'\n'b': \"x y\"\nc: 'no'\nd: \"1\"\ne: 'it''s'\nf: '${x}'\n",
        "a: relu\nb: x y\nc: \"no\"\nd: \"1\"\ne: 'it''s'\nf: \"${x}\"\n",
    ),
    "blank lines": ("\n\na:\n\n  b: 1\n\n\n  c: 2\n\nd: 3\n\n\n", "a:\n  b: 1\n\n  c: 2\n\nd: 3\n"),
    "comments": (
        "# top\na: 1 # x\na2: 2   # y\nb:\n    # in\n    - 1\n    # last in\n# c\nc: 2\n#end\n",
        "# top\na: 1  # x\na2: 2   # y\nb:\n  # in\n  - 1\n  # last in\n# c\nc: 2\n#end\n",
    ),
    "comments that share a column": (
        "a: {b: 1 }  # x\ncc: { d: 1 } # y\nee: 1       # z\n",
        "a: {b: 1}  # x\ncc: {d: 1}  # y\nee: 1      # z\n",
    ),
    "literals": ("a:\n    b: |\n        x\n          y\n\n    c: >-\n     z\n",
                 "a:\n  b: |\n    x\n      y\n\n  c: >-\n    z\n"),
    "several lines": (
        'a: b  \n      c\nd: "x\\ \n    y\\\n  \\ z"\n',
        'a: b\n  c\nd: "x\\ \n  y\\\n  \\ z"\n',
    ),
    "anchors": ("a:   &x   {b: 1}\nc:   &y\n    - *x\n", "a: &x {b: 1}\nc: &y\n  - *x\n"),
    "explicit keys": ("? a\n:\n    b: 1\n", "a:\n  b: 1\n"),
    "a long map": (
        f"- dense: {{units: 3, names: [{LONG[:60]}], m: {{a: 1, b: {{c: 2}}}}}}  # why\n",
        f"- dense:  # why\n    units: 3\n    names: [{LONG[:60]}]\n    m: {{a: 1, b: {{c: 2}}}}\n",
    ),
    "a long list of names": (f"a: [{LONG}]\n", f"a: [{LONG[:88]},\n    {LONG[90:]}]\n"),
    "a long list of layers": (
        f"a: [{{dense: 1}}, relu, {{add: [{LONG[:70]}]}}, {{x: 1, y: 2}}]\n",
        f"a:\n  - dense: 1\n  - relu\n  - add: [{LONG[:70]}]\n  - {{x: 1, y: 2}}\n",
    ),
}  # fmt: skip

SAME = {
    "numbers": "a: [1e-3, 0x10, 0o17, 1.50, .inf, -0, +1]\n",
    "line breaks of a list": "a:\n  [[1, 0],\n   [0, 1]]\nb: [1,\n    2]\n",
    "a table": "- [ 1,  0]\n- [-1, 10]\n",
    "a table in a list": "a:\n  - [[ 1,  0],\n     [-1, 10]]\n",
    "comments in flow style": "a:\n  [1,   2,  # one\n   # two\n     3]\n",
    "a comment behind a key": "a:  # why\n  [1, 2]\nb:\n  # this\n  c\n-1:  # and\n  d: 1\n",
    "a comment behind a dash": "-  # why\n  a: 1\n-  # here\n  - b\n",
    "columns": "a: 1          # x\nlonger: 2     # y\n\nb: 1     # another column\n",
    "a commented option": "a:\n  b: 1\n    # deep\n  # c: 2\nd: 3\n",
    "left out": "a: {b: }\nc: {d}\ne:\n",
    "other digits": "名: 激勵   # 函數\n",
    "kept line breaks": "a: |+\n  x\n\nb: |+\n  y\n\n   \nc: 1\n",
    "markers": "%YAML 1.2\n---\na: 1\n...\n",
    "comments alone": "# a\n\n# b\n",
    "nothing": "",
}


@pytest.mark.parametrize(("text", "expected"), CHANGED.values(), ids=CHANGED)
def test_what_changes(text, expected):
    assert format_text(Document("a", text)) == expected
    assert is_stable(expected)
    assert reader.parse(Document("a", text)) == reader.parse(Document("a", expected))


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_what_stays(text):
    assert format_text(Document("a", text)) == text


def is_stable(text):
    return format_text(Document("a", text)) == text


def test_a_width_is_the_text_of_a_line_and_not_its_comment():
    text = f"a: [{LONG[:88]}]{' ' * 20}# {'far ' * 20}end\n"
    assert is_stable(text)


def test_comments_are_found_outside_of_scalars():
    text = "a: '# no'  # one\nb: x#no\nc: |  \n  # no\n# two\nd: [\"#\"] # three\n"
    assert [c.text for c in syntax_tree(Document("a", text)).comments] == [
        "# one",
        "# two",
        "# three",
    ]
