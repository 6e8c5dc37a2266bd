"""Differences between specs: which layers are paired, and what is told of each pair."""

from pathlib import Path

import pytest

from nnspec.errors import Document
from nnspec.graph.compile import compile_spec
from nnspec.graph.differences import alignment
from nnspec.graph.differences.network_items import network_items
from nnspec.graph.differences.spec_differences import ComparedNetwork, spec_differences
from nnspec.graph.summary import summarise
from nnspec.language.reader import parse
from nnspec.language.writer import dump
from nnspec.spec.loader import UnresolvedSpec, build
from tests.random_graphs import random_network


def dense(units, **options):
    return {"dense": {"units": units, **options}}


def compared(layers, input_shape=(8,), **sections):
    network = {"input_shape": list(input_shape), "layers": layers}
    values = parse(Document("spec", dump({"network": network, **sections})))
    spec = UnresolvedSpec(values, Path()).spec()
    return ComparedNetwork(spec, compile_spec(spec))


def told(old, new, **blocks):
    """Of each difference: the action, and the names of the layer in both networks."""
    found = spec_differences(compared(old, **blocks), compared(new, **blocks))
    assert not found.values
    return [
        (change.action, change.old and change.old.name, change.new and change.new.name)
        for change in found.layers
    ]


def test_a_network_is_equal_to_itself():
    layers = [dense(4), {"residual": [dense(4), "relu"]}, {"branches": [[], [dense(2)]]}]
    assert not spec_differences(compared(layers), compared(layers))


def test_options_that_are_written_out_are_no_difference():
    old, new = [dense(4)], [dense(4, use_bias=True, activation=None, kernel_initializer="zeros")]
    found = spec_differences(compared(old), compared(new))
    (change,) = found.layers
    assert [(o.path, o.new.kind) for o in change.options] == [(("kernel_initializer",), "zeros")]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ([4, 4, 2], [4, 2], [("removed", "dense_1", None)]),
        ([4, 2], [4, 4, 2], [("added", None, "dense_1")]),
        ([4, 8, 2], [8, 4, 2], None),
        ([4, 8, 16], [8, 16, 32], [("changed", *[f"dense{n}"] * 2) for n in ("", "_1", "_2")]),
    ],
)
def test_layers_of_one_kind_are_paired_in_order(old, new, expected):
    found = told([dense(n) for n in old], [dense(n) for n in new])
    if expected is None:
        assert [action for action, *_ in found] == ["changed", "changed", "resized"]
    else:
        assert found == expected


def test_a_layer_of_another_kind_stands_for_one_that_does_alike_to_the_shape():
    old = [dense(4), "relu", "batch_normalization", dense(2)]
    new = [dense(4), "gelu", "layer_normalization", {"dropout": 0.5}, dense(2)]
    assert told(old, new) == [
        ("replaced", "relu", "gelu"),
        ("replaced", "batch_normalization", "layer_normalization"),
        ("added", None, "dropout"),
    ]
    assert told([dense(4), "relu"], [dense(4), dense(4)]) == [
        ("removed", "relu", None),
        ("added", None, "dense_1"),
    ]


def test_very_many_layers_are_paired_by_their_kinds(monkeypatch):
    monkeypatch.setattr(alignment, "_MAX_CELLS", 0)
    old, new = [dense(4), "relu", dense(2)], [dense(4), dense(3), "relu", "gelu", dense(2)]
    assert {action for action, *_ in told(old, new)} == {"added", "resized"}
    assert told(old, old) == []


def test_layers_with_one_name_are_paired():
    old = [dense(4, name="a"), dense(4, name="b"), dense(4, name="c")]
    new = [dense(4, name="b"), dense(4, name="c")]
    assert told(old, new) == [("removed", "a", None), ("resized", "b", "b")]


def test_a_layer_that_moves():
    old = [dense(8), "relu", {"residual": [dense(8)]}]
    new = [dense(8), {"residual": ["relu", dense(8)]}]
    assert told(old, new) == [("moved", "relu", "residual.relu")]


def test_what_follows_from_a_change_is_told_apart():
    found = spec_differences(compared([dense(4), dense(2)]), compared([dense(5), dense(2)]))
    changed, resized = found.layers
    assert (changed.action, resized.action) == ("changed", "resized")
    assert (resized.old.parameters, resized.new.parameters) == (4 * 2 + 2, 5 * 2 + 2)
    assert (changed.old.shape, changed.new.shape) == ((4,), (5,))


BLOCKS = {"pair": {"layers": [dense(8), "relu"]}}


def test_blocks_and_repetitions_are_the_layers_in_them():
    written = [dense(8), "relu", dense(8), "relu", dense(2)]
    repeated = [{"repeat": {"times": 2, "layers": ["pair"]}}, dense(2)]
    assert told(written, repeated, blocks=BLOCKS) == []
    assert told(["pair", "pair", dense(2)], repeated, blocks=BLOCKS) == []
    named = [{"sequential": {"name": "front", "layers": ["pair", "pair"]}}, dense(2)]
    assert told(["pair", "pair", dense(2)], named, blocks=BLOCKS) == []


def test_a_block_more_is_told_once():
    found = told(["pair", dense(2)], ["pair", "pair", dense(2)], blocks=BLOCKS)
    assert found == [("added", None, "pair_1")]


def test_groups_are_compared_part_by_part():
    old = {"residual": {"layers": [dense(8)], "shortcut": [dense(8)]}}
    new = {"residual": {"layers": [dense(8)], "shortcut": [dense(8), "tanh"], "merge": "multiply"}}
    assert told([old], [new]) == [
        ("added", None, "residual.shortcut.tanh"),
        ("replaced", "residual.add", "residual.multiply"),
    ]
    paths = {"branches": [[dense(2)], [dense(3)]]}
    more = {"branches": [[dense(2)], [dense(3)], [dense(4)]]}
    assert told([paths], [more]) == [
        ("added", None, "branches.2.dense"),
        ("resized", "branches.concatenate", "branches.concatenate"),
    ]


def test_shared_weights_are_a_difference():
    first = dense(8, name="first")
    shared = [first, {"shared": {"layer": "first"}}]
    found = spec_differences(compared([first, dense(8)]), compared(shared))
    (change,) = found.layers
    assert change.action == "changed"
    assert ("weights of",) in [option.path for option in change.options]


def test_a_group_that_is_used_again_is_one_item():
    front = {"sequential": {"name": "front", "layers": [dense(8), "relu"]}}
    again = {"shared": {"layer": "front"}}
    assert told([front, again, again], [front, again]) == [("removed", "shared_1", None)]


@pytest.mark.parametrize("seed", range(3))
def test_every_layer_of_a_random_network_is_in_an_item_once(seed):
    spec = build(random_network(seed))
    network = ComparedNetwork(spec, compile_spec(spec))
    names = [layer.name for item in network_items(*network) for layer in item.layers()]
    rows = [row.name.replace("/", ".") for row in summarise(network.graph).rows]
    assert sorted(names) == sorted(rows)
    assert not spec_differences(network, network)


def test_what_a_layer_reads_is_an_option():
    old = [dense(8, name="a"), dense(8, name="b"), {"add": {"inputs": ["a", "b"]}}]
    new = [dense(8, name="a"), dense(8, name="b"), {"add": {"inputs": ["b", "b"]}}]
    found = spec_differences(compared(old), compared(new))
    assert [option.path for change in found.layers for option in change.options] == [("inputs",)]


def test_sections_are_compared_key_by_key():
    old = compared([dense(1)], train={"epochs": 3}, loss="mean_squared_error")
    new = compared([dense(1)], (9,), loss="mean_absolute_error", name="other")
    found = spec_differences(old, new)
    assert [(".".join(change.path), change.new) for change in found.values][::2] == [
        ("network.inputs.input.shape", [9]),
        ("train.epochs", new.spec.train.epochs),
    ]
    assert found.values[1].path == ("loss",)
