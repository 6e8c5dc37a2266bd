"""Rewrites of the fast engine: they follow edges, and leave every other node as it is."""

from __future__ import annotations

from typing import Any

import pytest

from nnspec.backends import conformance
from nnspec.backends.conformance import Case
from nnspec.backends.numpy.fast.rewrites.crop_conv import crop_conv
from nnspec.backends.numpy.fast.rewrites.fuse_conv_pool import fuse_conv_pool
from nnspec.backends.numpy.fast.rewrites.pad_conv import pad_conv
from nnspec.components.layers.convolution import Conv2D
from nnspec.graph.ir import Graph, Node
from nnspec.graph.rewrites.pool_before_relu import pool_before_relu
from nnspec.graph.verify import verify


def named(kind: str, name: str, *reads: str, **options: Any) -> dict[str, Any]:
    return {kind: {"name": name, **({"inputs": list(reads)} if reads else {}), **options}}


def conv(name: str, *reads: str) -> dict[str, Any]:
    return named("conv2d", name, *reads, filters=2, kernel_size=3)


def pool(name: str, *reads: str) -> dict[str, Any]:
    return named("max_pooling2d", name, *reads, pool_size=2)


def case(layers: list[Any], outputs: list[str], shape: tuple[int, ...] = (9, 9, 1)) -> Case:
    network = {"inputs": {"x": {"shape": list(shape)}}, "layers": layers, "outputs": outputs}
    return Case("rewritten", network, loss=dict.fromkeys(outputs, "mean_squared_error"))


def by_name(graph: Graph) -> dict[str, Node]:
    return dict(graph.by_name)


BETWEEN = [  # another node stands between the two, in the list, that belong together
    conv("a", "x"), conv("b", "x"), pool("a_pool", "a"), named("flatten", "b_flat", "b"),
]  # fmt: skip


def test_a_fused_pair_need_not_be_neighbours_in_the_list():
    graph = case(BETWEEN, ["a_pool", "b_flat"]).graph()
    fused = by_name(fuse_conv_pool(graph))
    assert list(fused) == ["a", "b", "b_flat"]
    assert (fused["a"].kind, fused["a"].owner) == ("conv_max_pool2d", "a")
    assert fused["a"].inputs == ("x",)
    assert fused["a"].shape == graph.by_name["a_pool"].shape
    assert fused["b"] == graph.by_name["b"]
    assert fused["b_flat"] == graph.by_name["b_flat"]


def test_what_read_the_pooling_reads_the_fused_node():
    layers = [conv("a", "x"), pool("p", "a"), named("tanh", "t", "p"), named("add", "s", "p", "t")]
    graph = case(layers, ["p", "s"]).graph()
    fused = verify(fuse_conv_pool(graph))
    assert {node.name: node.inputs for node in fused.nodes} == {
        "a": ("x",), "t": ("a",), "s": ("a", "t"),
    }  # fmt: skip
    assert fused.outputs == {"p": "a", "s": "s"}


def test_a_fused_node_owns_the_weights_that_others_share():
    inputs = {name: {"shape": [9, 9, 1]} for name in ("x", "y")}
    graph = Case("shared pair", {"inputs": inputs, "layers": SHARED}).graph()
    fused = verify(fuse_conv_pool(graph))
    assert [(node.name, node.owner) for node in fused.nodes[:2]] == [("a", "a"), ("b", "a")]
    assert list(fused.weights()) == list(graph.weights())


def test_a_pair_that_stands_together_but_is_not_wired_is_not_fused():
    layers = [conv("a", "x"), conv("b", "x"), pool("of_a", "a"), pool("again", "a")]
    graph = case([*layers, named("flatten", "end", "b")], ["of_a", "again", "end"]).graph()
    assert fuse_conv_pool(graph).nodes == graph.nodes
    assert crop_conv(graph).nodes == graph.nodes


def test_a_convolution_that_is_an_output_is_neither_fused_nor_cropped():
    graph = case([conv("a", "x"), pool("p", "a")], ["a", "p"], (8, 8, 1)).graph()
    assert fuse_conv_pool(graph).nodes == graph.nodes
    assert crop_conv(graph).nodes == graph.nodes


def test_only_the_convolution_that_a_pooling_reads_is_cropped():
    layers = [conv("a", "x"), conv("b", "x"), pool("a_pool", "a"), named("flatten", "f", "b")]
    graph = case(layers, ["a_pool", "f"]).graph()  # outputs (7, 7, 2), of which it reads (6, 6, 2)
    cropped = by_name(crop_conv(graph))
    assert cropped["a"].shape == (6, 6, 2)
    assert cropped["a_pool"].input_shapes == ((6, 6, 2),)
    assert cropped["a_pool"].shape == graph.by_name["a_pool"].shape
    assert cropped["b"] == graph.by_name["b"]
    assert cropped["f"] == graph.by_name["f"]


def zeros(name: str, *reads: str) -> dict[str, Any]:
    return named("zero_padding2d", name, *reads, padding=[[0, 1], [2, 0]])


PADDED = [zeros("z", "x"), zeros("twice", "z"), conv("a", "twice"), zeros("read", "a"),
          named("tanh", "t", "read"), conv("b", "read"), pool("p", "b")]  # fmt: skip


def test_zeros_that_a_convolution_alone_reads_are_its_padding():
    graph = case(PADDED, ["t", "p"]).graph()
    joined = by_name(verify(pad_conv(graph)))
    assert list(joined) == ["z", "a", "read", "t", "b", "p"]
    assert joined["a"].inputs == ("z",)
    assert isinstance(joined["a"].layer, Conv2D)
    assert joined["a"].layer.padding == ((0, 1), (2, 0))
    assert joined["a"].shape == graph.by_name["a"].shape
    assert joined["b"] == graph.by_name["b"]


def test_pooling_moves_before_the_relu_that_it_alone_reads():
    layers = [named("relu", "r", "x"), named("relu", "other", "x"), pool("p", "r")]
    graph = case([*layers, named("flatten", "f", "other"), pool("q", "p")], ["q", "f"]).graph()
    moved = by_name(pool_before_relu(graph))
    assert moved["p"].inputs == ("x",)
    assert moved["r"].inputs == ("p",)
    assert moved["q"].inputs == ("r",)
    assert moved["other"] == graph.by_name["other"]
    assert moved["f"] == graph.by_name["f"]


SHARED = [conv("a", "x"), pool("a_pool", "a"), named("shared", "b", "y", layer="a"),
          pool("b_pool", "b"), named("add", "sum", "a_pool", "b_pool")]  # fmt: skip


@pytest.mark.parametrize("case", [
    case(BETWEEN, ["a_pool", "b_flat"]),
    case([conv("a", "x"), pool("p", "a"), named("relu", "r", "a")], ["p", "r"]),
    case([conv("a", "x"), named("relu", "r", "a"), pool("p", "r"), named("tanh", "t", "r"),
          named("flatten", "f", "a")], ["p", "t", "f"]),
    case([conv("a", "x"), pool("p", "a")], ["a", "p"], (8, 8, 1)),
    case([conv("a", "x"), named("max_pooling2d", "p", "a", pool_size=2, dilation_rate=2,
                                strides=3)], ["p"], (12, 12, 1)),
    Case("shared pair", {"inputs": {"x": {"shape": [9, 9, 1]}, "y": {"shape": [9, 9, 1]}},
                         "layers": SHARED}),
    case(PADDED, ["t", "p"]),
], ids=lambda case: " ".join(str(step) for step in case.network["layers"])[:40])  # fmt: skip
def test_results_are_those_of_the_reference(case):
    conformance.check(case, "numpy:fast")
