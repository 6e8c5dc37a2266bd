"""`train.freeze`: layers that are not trained, by patterns of their names."""

from __future__ import annotations

import pytest

from nnspec.errors import SpecError
from nnspec.graph.build import build_graph
from nnspec.graph.compile import compile_spec
from nnspec.graph.layer_patterns import check_freeze
from nnspec.graph.summary import summarise
from nnspec.runs.resume import resume
from nnspec.runs.spec_changes import spec_changes
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.spec.layer_patterns import matches

SPEC = """
name: frozen
blocks:
  unit: {parameters: {n: int}, layers: [{dense: "${n}"}, batch_normalization, relu]}
data: {source: {rows: {inputs: [[1, 2], [3, 4], [0, 1]], targets: [1, 2, 3]}}}
network:
  layers:
    - unit: {name: stem, n: 2}
    - repeat: {times: 2, as: i, layers: [{unit: 2}]}
    - sequential: {name: wide, layers: [{dense: {units: 2, activation: prelu}}, relu]}
    - shared: {layer: stem.dense}
    - {dense: {name: head, units: 1}}
loss: mean_squared_error
optimizer: {adam: {learning_rate: 0.01, weight_decay: 0.1}}
train: {epochs: 3, batch_size: 2}
"""
UNITS = ["stem", "repeat/0/unit", "repeat/1/unit"]


def load(tmp_path, *words, text=SPEC):
    path = tmp_path / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return loader.load(path, words)


def frozen_layers(graph):
    return {node.name for node in graph.nodes if node.weights and node.layer.is_frozen}


def own(names):
    return {f"{name}/{kind}" for name in names for kind in ("dense", "batch_normalization")}


@pytest.mark.parametrize(
    ("freeze", "frozen"),
    [
        ("[head]", {"head"}),
        ("[stem]", {*own(["stem"]), "shared"}),  # with the layer that shares its weights
        ("['stem.dense*']", {"stem/dense", "shared"}),
        ("['repeat.1']", own(["repeat/1/unit"])),
        ("['repeat/**']", own(["repeat/0/unit", "repeat/1/unit"])),
        ("['*.batch_normalization', head]",
         {"head", *(f"{group}/batch_normalization" for group in UNITS)}),
        ("[wide]", {"wide/dense", "wide/dense.prelu"}),
        ("[wide.dense]", {"wide/dense", "wide/dense.prelu"}),
        ("[wide.dense.prelu]", {"wide/dense.prelu"}),
    ],
)  # fmt: skip
def test_layers_and_groups_that_match_are_frozen(tmp_path, freeze, frozen):
    graph = compile_spec(load(tmp_path, f"train.freeze={freeze}"))
    assert frozen_layers(graph) == frozen


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        ("[haed]", "no layer with weights is 'haed'\n.*\n.* did you mean 'head'"),
        ("[wide.relu]", "no layer with weights is 'wide.relu'\n.*\n.* did you mean 'wide.dense"),
        ("[head, 'x*']", "no layer with weights is 'x[*]'"),
        ("[shared]", "no layer with weights is 'shared'"),  # its weights are those of stem.dense
        ("[]", "not an empty list"),
        ("['']", "no layer with weights is ''"),
        ("[3]", "freeze must be text"),
        ("head", "must be a list"),
    ],
)
def test_a_pattern_without_weights_is_refused_at_its_place(tmp_path, freeze, message):
    with pytest.raises(SpecError, match=rf"command line:1:\d+: error: .*{message}"):
        compile_spec(load(tmp_path, f"train.freeze={freeze}"))


def test_weights_that_cannot_be_frozen_are_refused(tmp_path):
    """Those of a plug-in's layer whose class does not know `trainable`."""
    spec = load(tmp_path, "train.freeze=[head]")
    graph = compile_spec(load(tmp_path))
    assert build_graph(spec).nodes[-1].layer.is_frozen
    with pytest.raises(SpecError, match="the weights of dense are trained in any case"):
        check_freeze(spec, graph)


def test_freezing_is_what_trainable_false_does_to_the_bit(tmp_path):
    """At a layer, at a group, and at a block, whose batch normalization keeps its statistics."""
    spec = load(tmp_path, "train.freeze=[stem, wide.dense]")
    written = SPEC.replace("activation: prelu", "activation: prelu, trainable: false")
    layers = "layers: [{dense: 2}, batch_normalization, relu]"
    stem = f"- sequential: {{name: stem, trainable: false, {layers}}}"
    written = written.replace("- unit: {name: stem, n: 2}", stem)
    other = load(tmp_path, text=written)
    assert compile_spec(spec).nodes == compile_spec(other).nodes
    one, two = (run(each, out=tmp_path / "runs") for each in (spec, other))
    assert one.weights_sha256 == two.weights_sha256
    assert [e.metrics for e in one.epochs] == [e.metrics for e in two.epochs]
    assert one.weights_sha256 != run(load(tmp_path), out=tmp_path / "runs").weights_sha256


def test_frozen_weights_count_as_non_trainable(tmp_path):
    summary = summarise(compile_spec(load(tmp_path, "train.freeze=['*']")))
    assert (summary.parameters > 0, summary.trainable) == (True, 0)


def test_a_changed_freeze_changes_what_is_computed(tmp_path):
    spec = load(tmp_path, "train.freeze=[head]", "train.epochs=1")
    report = run(spec, out=tmp_path / "runs")
    assert spec_changes(load(tmp_path), spec)
    with pytest.raises(SpecError, match=r"train\.freeze is"):
        resume(report.run, ["train.epochs=2", "train.freeze=[stem]"])
    assert len(resume(report.run, ["train.epochs=2"]).epochs) == 2


def test_least_squares_solves_for_all_weights(tmp_path):
    words = ["network.layers=[{dense: 1}]", "optimizer=least_squares", "train.batch_size=all"]
    with pytest.raises(SpecError, match=r"line:1:\d+: error: least_squares solves for all weights"):
        compile_spec(load(tmp_path, *words, "train.epochs=1", "train.freeze=[dense]"))


@pytest.mark.parametrize(
    ("pattern", "layer", "found"),
    [
        ("a", "a/b/c", True),
        ("a.b", "a/b/c", True),
        ("a/b", "a/b/c", True),
        ("b", "a/b/c", False),
        ("a.*.c", "a/b/c", True),
        ("A", "a", False),
        ("a[b]", "ab", False),  # brackets are no pattern
    ],
)
def test_a_pattern_is_a_path_of_groups_and_layers(pattern, layer, found):
    assert matches(pattern, layer) is found
