"""What differs between values of specs, and their short text."""

import pytest

from nnspec.options.validation import read_component
from nnspec.spec.value_changes import ValueChange, short_text, value_changes


def optimizer(value):
    return read_component("optimizer", value)


def changes(old, new):
    return list(value_changes(old, new, ("x",)))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1.0, []),
        ("a", "b", [(("x",), "a", "b")]),
        ({"a": 1, "b": 2}, {"b": 3, "c": 4},
         [(("x", "a"), 1, None), (("x", "b"), 2, 3), (("x", "c"), None, 4)]),
        ([1, 2], [1, 3], [(("x",), [1, 2], [1, 3])]),
        ([{"a": 1}], ({"a": 2},), [(("x", 0, "a"), 1, 2)]),
        ([], [1], [(("x",), [], [1])]),
    ],
)  # fmt: skip
def test_the_innermost_values_that_differ(old, new, expected):
    assert changes(old, new) == [ValueChange(*change) for change in expected]


def test_components_of_one_kind_differ_in_their_options():
    old, new = optimizer({"sgd": 0.1}), optimizer({"sgd": {"learning_rate": 0.2}})
    assert changes(old, new) == [ValueChange(("x", "learning_rate"), 0.1, 0.2)]
    assert changes(optimizer("sgd"), optimizer({"sgd": {"momentum": 0.0}})) == []


def test_components_of_two_kinds_differ_as_a_whole():
    (change,) = changes(optimizer({"sgd": 0.1}), optimizer("adam"))
    assert (change.old.kind, change.new.kind) == ("sgd", "adam")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "none"),
        (optimizer("adam"), "adam"),
        (optimizer({"sgd": 0.5}), "{sgd: 0.5}"),
        (optimizer({"sgd": {"learning_rate": 0.5, "momentum": 0.9}}),
         "{sgd: {learning_rate: 0.5, momentum: 0.9}}"),
        ((optimizer("adam"), [1, "a b", True]), "[adam, [1, a b, true]]"),
    ],
)  # fmt: skip
def test_the_short_text(value, text):
    assert short_text(value) == text
