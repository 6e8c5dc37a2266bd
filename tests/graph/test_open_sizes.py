"""Sizes of an input that the user leaves open: shapes, counts, and who needs them."""

from __future__ import annotations

import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import BackendError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.graph.summary import summarise
from nnspec.graph.summary_table import table
from nnspec.options.unknown_size import UNKNOWN
from nnspec.spec.loader import build, load
from nnspec.training.rule_check import check_rules

CONV = {"conv2d": {"filters": 4, "kernel_size": 3, "padding": "same", "strides": 2}}
IMAGES = {"rows": {"inputs": [[[[0.5]] * 4] * 6] * 2, "targets": [0, 1]}}  # (6, 4, 1)


def network(*layers, shape=(None, None, 1), **sections):
    return build({"network": {"input_shape": list(shape), "layers": list(layers)}, **sections})


def shapes(*layers, shape=(None, None, 1)):
    return [node.shape for node in compile_spec(network(*layers, shape=shape)).nodes]


def test_a_size_is_open_where_an_open_one_decides_it():
    around = {"zero_padding2d": 1}
    found = shapes(CONV, around, {"up_sampling2d": 2}, "global_average_pooling2d", {"dense": 2})
    assert found == [(UNKNOWN, UNKNOWN, 4)] * 3 + [(4,), (2,)]
    assert shapes(CONV, shape=(None, 7, 1)) == [(UNKNOWN, 4, 4)]
    assert shapes({"adaptive_max_pooling2d": [3, 2]}, "flatten") == [(3, 2, 1), (6,)]
    assert shapes({"reshape": [-1, 2]}) == [(UNKNOWN, 2)]


def test_merged_values_may_have_open_sizes():
    pooled = [{"global_max_pooling2d": {"keepdims": True}}]
    assert shapes({"branches": {"merge": "multiply", "paths": [[], pooled]}})[-1] == (
        UNKNOWN, UNKNOWN, 1,
    )  # fmt: skip
    assert shapes({"branches": [[], [CONV]]})[-1] == (UNKNOWN, UNKNOWN, 5)
    known = [{"adaptive_max_pooling2d": [3, 2]}]
    assert shapes({"branches": [[], known]})[-1] == (3, 2, 2)


def test_a_size_that_is_wrong_whatever_the_open_one_is_refused():
    with pytest.raises(SpecError, match="leaves nothing"):
        shapes({"cropping2d": 2}, shape=(None, 3, 1))
    with pytest.raises(SpecError, match="larger than its input 3"):
        shapes({"max_pooling2d": 4}, shape=(None, 3, 1))


def test_weights_need_their_sizes(tmp_path):
    path = tmp_path / "open.yaml"
    path.write_text(
        "network:\n  input_shape: [null, null, 3]\n  layers:\n    - flatten\n    - dense: 2\n"
    )
    with pytest.raises(SpecError) as caught:
        compile_spec(load(path))
    assert str(caught.value).splitlines()[0] == (
        f"{path}:5:7: error: the weights of dense depend on a size that is open: it gets (?)"
    )


def test_a_summary_writes_what_it_does_not_know():
    summary = summarise(compile_spec(network(CONV, "batch_normalization")))
    text = table(summary)
    assert "(?, ?, 4)" in text
    assert "FLOPs per row     ?" in text
    assert summary.counts() == {"total": 56, "trainable": 48, "non_trainable": 8}
    assert summary.plain()["layers"][0]["output_shape"] == [None, None, 4]
    assert summary.plain()["flops"] is summary.plain()["activation_bytes"] is None


def test_the_data_tell_open_sizes():
    graph = compile_spec(network(CONV, "flatten", {"dense": 1}, data={"source": IMAGES}))
    assert [node.shape for node in graph.nodes] == [(3, 2, 4), (24,), (1,)]
    with pytest.raises(SpecError, match=r"the network takes \(\?, 5, 1\) and .* \(6, 4, 1\)"):
        compile_spec(network(CONV, shape=(None, 5, 1), data={"source": IMAGES}))


def test_a_program_needs_all_sizes():
    inputs = {"image": {"shape": [None, 4, 1]}}
    for spec in (network(CONV), build({"network": {"inputs": inputs, "layers": [CONV]}})):
        with pytest.raises(BackendError, match=r"is \(\?, .*\), and no data tell its sizes"):
            check_rules(spec, compile_spec(spec), ComputeConfig("numpy"))
