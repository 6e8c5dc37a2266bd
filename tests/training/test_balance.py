"""Weights of training rows: class weights, weights in the data, and what they do to the loss."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.spec.loader import build, load
from nnspec.training.loop import evaluate, never_stop, train_epochs
from nnspec.training.session import TrainingSession
from tests.finite_differences import check_gradients
from tests.small_runs import named, rows, spec

SPARSE, ONE_HOT = "sparse_categorical_crossentropy", "categorical_crossentropy"
INPUTS = [[0.0, 0.5], [1.0, -1.0], [2.0, 0.3], [0.5, 1.0], [-1.0, 0.2], [0.1, 0.1]]
LABELS = [0, 0, 0, 1, 1, 2]  # n / (K n_c) = 2/3, 1, 2
BALANCED = [2 / 3, 2 / 3, 2 / 3, 1, 1, 2]
WEIGHTS = [1, 0, 2, 0.5, 3, 1]


def classifier(units=3, loss=SPARSE, targets=LABELS, metadata=None, **changes):
    source = {"inputs": INPUTS, "targets": targets}
    activation = "sigmoid" if units == 1 else "softmax"
    layers = [{"dense": {"units": 3, "kernel_regularizer": {"l2": 0.1}, "activation": "tanh"}},
              {"dense": {"units": units, "activation": activation}}]  # fmt: skip
    if metadata is not None:
        source["metadata"] = metadata
    return rows(source, network={"layers": layers}, loss=loss) | changes


def prepared(values, backend="numpy"):
    return TrainingSession.prepare(spec(values), ComputeConfig(backend, "float64"))


def weights(train, values=None):
    ((_, found),) = prepared((values or classifier()) | {"train": train}).balance.weights.items()
    return found.tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (classifier(), BALANCED),
        (classifier(loss=ONE_HOT, targets=np.eye(3, dtype=int)[LABELS].tolist()), BALANCED),
        (classifier(1, "binary_crossentropy", [0, 0, 0, 0, 0, 1]), [0.6] * 5 + [3]),
        (classifier(1, "binary_crossentropy", [[0], [1], [0], [1], [0], [1]]), [1] * 6),
        (classifier(1, "hinge", [-1, -1, -1, -1, -1, 1]), [0.6] * 5 + [3]),
    ],
    ids=["numbers", "one-hot", "sigmoid", "column", "signs"],
)
def test_balanced_is_the_rows_by_the_classes_times_the_rows_of_the_class(values, expected):
    assert weights({"class_weight": "balanced"}, values) == pytest.approx(expected, rel=1e-15)


def test_a_class_that_a_map_leaves_out_has_the_weight_1():
    assert weights({"class_weight": {"2": 5, "0": 0.25}}) == [0.25] * 3 + [1, 1, 5]
    assert weights({"class_weight": {0: 0.25, 2: 5}}) == [0.25] * 3 + [1, 1, 5]


def test_a_row_has_the_weight_of_its_class_times_its_own():
    values = classifier(metadata={"w": WEIGHTS})
    assert weights({"sample_weight": "w"}, values) == WEIGHTS
    found = weights({"sample_weight": "w", "class_weight": {2: 4}}, values)
    assert found == [*WEIGHTS[:5], 4]


def test_weights_are_those_of_the_training_rows_without_the_validation():
    values = classifier(targets=[0, 0, 1, 2, 1, 0], metadata={"w": WEIGHTS})
    train = {"validation_split": 1 / 3, "class_weight": "balanced", "sample_weight": "w"}
    assert weights(train, values) == pytest.approx([2 / 3, 0, 8 / 3, 2 / 3])


def test_each_output_has_weights_of_its_own():
    balance = prepared(named(train={"class_weight": {"kind": {"1": 3}}})).balance
    assert {name: w.tolist() for name, w in balance.weights.items()} == {"kind": [1, 3, 1] * 2}
    assert balance.class_weights == {"kind": {"0": 1, "1": 3, "2": 1}}


def test_rows_count_alike_where_nothing_is_said():
    balance = prepared(classifier()).balance
    assert (balance.weights, balance.classes, balance.class_weights) == ({}, None, {})


# ---------------------------------------------------------------- the loss


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
@pytest.mark.parametrize("values", [classifier(), classifier(1, "binary_crossentropy", [0, 1] * 3)])
def test_gradients_are_derivatives_of_the_weighted_loss(values, backend):
    program = prepared(values, backend).program
    train = prepared(values, backend).splits.train
    (output,) = program.graph.outputs
    upload = program.upload
    program.upload = lambda x, y: upload(x, y, {output: np.array(WEIGHTS)})
    check_gradients(program, train.inputs, train.targets)


@pytest.mark.parametrize("backend", ["numpy", "numpy:reference"])
def test_a_whole_weight_is_as_many_rows(backend):
    counts = [1, 0, 2, 1, 3, 1]
    session = prepared(classifier(optimizer={"sgd": 0.1}), backend)
    (x, y, *_), program, n = session.splits.train, session.program, len(counts)
    repeated = np.repeat(np.arange(n), counts)
    (output,) = program.graph.outputs
    weighted = program.gradients(program.upload(x, y, {output: np.array(counts)}), np.arange(n))
    plain = program.gradients(program.upload(x, y), repeated)
    share = len(repeated) / n
    with pytest.raises(NnspecError, match="no output 'dens' with a loss: dense_1"):
        program.upload(x, y, {"dens": np.ones(n)})
    for name in weighted:
        penalty = 0.2 * program.weights()[name] if name == "dense/kernel" else 0
        expected = share * (plain[name] - penalty) + penalty
        np.testing.assert_allclose(weighted[name], expected, atol=1e-15)


def test_an_epoch_reports_the_weighted_loss_and_plain_metrics():
    values = classifier(metadata={"w": WEIGHTS}, metrics=["accuracy"])
    values["network"] = {"layers": [{"dense": {"units": 3, "activation": "softmax"}}]}
    options = {"sample_weight": "w", "batch_size": 4, "validation_split": 1 / 3}
    session = prepared(values | {"optimizer": {"sgd": 1e-9}, "train": options})
    train, validation, *_ = session.splits
    p = session.program.predict(train.inputs)
    losses = -np.log(p[np.arange(4), train.targets.astype(int)])
    plain, before = evaluate(session.program, train), evaluate(session.program, validation)
    (epoch,) = train_epochs(
        session.program, train, session.spec.train, lambda _: None, never_stop, validation,
        balance=session.balance,
    )  # fmt: skip
    assert plain["loss"] == pytest.approx(losses.mean(), rel=1e-12)
    assert epoch.metrics["loss"] == pytest.approx((losses * WEIGHTS[:4]).mean(), rel=1e-12)
    assert epoch.metrics["accuracy"] == plain["accuracy"]
    assert epoch.validation["loss"] == pytest.approx(before["loss"], rel=1e-6)


class Taken:
    """Rows that are not in memory as far as training knows."""

    def __init__(self, rows):
        self.kept, self.rows = rows, rows.rows

    def take(self, indices, epoch=0):
        return self.kept.take(indices)


def test_rows_that_are_uploaded_batch_by_batch_keep_their_weights():
    values = classifier(metadata={"w": WEIGHTS}, metrics=["accuracy"])
    options = {"sample_weight": "w", "batch_size": 4, "oversample": True, "epochs": 3}
    found = []
    for dataset in (lambda rows: rows, Taken):
        of = prepared(values | {"train": options})
        train, epochs = dataset(of.splits.train), of.spec.train
        trained = train_epochs(
            of.program, train, epochs, lambda _: None, never_stop, balance=of.balance
        )
        found.append([epoch.metrics for epoch in trained])
        found.append({name: weight.tolist() for name, weight in of.program.weights().items()})
    assert found[:2] == found[2:]


# ---------------------------------------------------------------- errors

TEXT = """
data:
  source: {rows: {inputs: [[0], [1], [2]], targets: [0, 1, 1], metadata: {w: [1, 2, 0]}}}
network: {layers: [{dense: {units: 3, activation: softmax}}]}
loss: sparse_categorical_crossentropy
optimizer: sgd
train: {%s}
"""
REGRESSION = "network: {layers: [{dense: 1}]}\nloss: mean_squared_error\n"


@pytest.mark.parametrize(
    ("train", "place", "message", "hint"),
    [
        ("class_weight: balanced", "balanced", "no training row is of the class '2'", "divides"),
        ("class_weight: {3: 1}", "3", "there is no class '3'", "numbered 0 to 2"),
        ("class_weight: {0: -1}", "-1", "must be a number of 0 or more, not -1", ""),
        ("class_weight: {0: 0, 1: 0}", "{", "the weight of each training row is 0", "above 0"),
        ("class_weight: {dens: balanced}", "dens", "no output 'dens' with a loss", "'dense'"),
        ("class_weight: {dense: {0: 1}, 1: 2}", "2", "1 must be balanced, or a map", ""),
        ("oversample: dens", "dens", "no output 'dens' with a loss", "'dense'"),
        ("oversample: 3", "3", "true, false or the name of an output", ""),
        ("sample_weight: v", "v", "the source has no metadata 'v'", "known: w"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_where_it_stands(tmp_path, train, place, message, hint):
    (tmp_path / "s.yaml").write_text(TEXT % train)
    with pytest.raises(NnspecError) as caught:
        TrainingSession.prepare(load(tmp_path / "s.yaml"))
    (problem,) = caught.value.problems
    assert message in problem.message
    assert hint in problem.render()
    line = problem.where.document.lines[problem.where.line]
    assert line[problem.where.column :].startswith(place)


@pytest.mark.parametrize(
    ("w", "message"),
    [
        ([1, -2, 0], "training row 1 of w is -2"),
        ([1, 2, 1e39], "1e+39 is too large for float32"),
        ([0, 0, 0], "the weight of each training row is 0"),
        ([[1, 2]] * 3, "a row has one weight"),
    ],
)
def test_weights_are_numbers_of_0_or_more(w, message):
    source = {"inputs": [[0], [1], [2]], "targets": [0, 1, 1], "metadata": {"w": w}}
    with pytest.raises(NnspecError, match=message.replace("+", r"\+")):
        TrainingSession.prepare(build(rows(source, train={"sample_weight": "w"})))


@pytest.mark.parametrize("option", [{"class_weight": "balanced"}, {"oversample": True}])
def test_rows_without_one_class_each_are_refused(option):
    several = {"layers": [{"dense": {"units": 2, "activation": "sigmoid"}}]}
    source = {"inputs": [[0], [1]], "targets": [[0, 1], [1, 1]]}
    with pytest.raises(NnspecError, match="a row has 2 of binary_crossentropy"):
        TrainingSession.prepare(build(rows(source, network=several, train=option)))
    with pytest.raises(NnspecError, match="mean_squared_error has no classes"):
        TrainingSession.prepare(build(rows(loss="mean_squared_error", train=option)))
    uncertain = {"inputs": [[0], [1]], "targets": [0, 0.4]}
    with pytest.raises(NnspecError, match=r"training row 1 of targets is not of one class alone"):
        TrainingSession.prepare(build(rows(uncertain, train=option)))
    with pytest.raises(NnspecError, match="the network has 2 outputs with a loss"):
        TrainingSession.prepare(build(named(train=option)))


def test_the_metadata_of_rows_have_as_many_numbers():
    source = {"inputs": [[0], [1]], "targets": [0, 1], "metadata": {"w": [1]}}
    with pytest.raises(NnspecError, match="2 rows of inputs and 1 of w"):
        build(rows(source))


def test_an_archive_holds_weights(tmp_path):
    arrays = {"x_train": np.array(INPUTS), "y_train": np.array(LABELS)}
    np.savez(tmp_path / "d.npz", w=np.array(WEIGHTS), short=np.ones(2), **arrays)
    source = {"npz": {"path": str(tmp_path / "d.npz"), "metadata": "w"}}
    values = classifier() | {"data": {"source": source}}
    assert weights({"sample_weight": "w"}, values) == WEIGHTS
    for name, message in (("short", "and 2 in short"), ("v", "no array 'v'")):
        source["npz"]["metadata"] = [name]
        with pytest.raises(NnspecError, match=message):
            prepared(values)


# ---------------------------------------------------------------- classes with names


@pytest.mark.parametrize("step", ["ordinal", "one_hot"])
def test_categories_of_the_data_are_the_names_of_the_classes(step):
    values = classifier(loss=SPARSE if step == "ordinal" else ONE_HOT, targets=[7, 7, 7, 3, 3, 5])
    values["data"] = values["data"] | {"targets": [step]}
    values["network"] = {"layers": [{"dense": {"units": 3, "activation": "softmax"}}]}
    assert weights({"class_weight": {7: 2, 3: 0.5}}, values) == [2, 2, 2, 0.5, 0.5, 1]
    with pytest.raises(NnspecError, match=r"there is no class '0'.*known: 3, 5, 7"):
        weights({"class_weight": {0: 2}}, values)


def test_a_column_of_a_table_holds_weights_and_another_the_names_of_classes(tmp_path):
    pytest.importorskip("polars")
    (tmp_path / "pets.csv").write_text("size,pet,n\n1,cat,1\n2,dog,0\n4,dog,2.5\n3,cow,1\n")
    (tmp_path / "pets.yaml").write_text(
        """
data:
  source: {csv: pets.csv}
  inputs: {columns: [size]}
  targets: {columns: pet, steps: [ordinal]}
network: {layers: [{dense: {units: 3, activation: softmax}}]}
loss: sparse_categorical_crossentropy
optimizer: sgd
train: {class_weight: {dog: 3}, sample_weight: n, oversample: true}
"""
    )
    balance = TrainingSession.prepare(load(tmp_path / "pets.yaml")).balance
    assert balance.class_weights == {"dense": {"cat": 1, "cow": 1, "dog": 3}}
    assert balance.weights["dense"].tolist() == [1, 0, 7.5, 1]
    assert balance.classes.tolist() == [0, 2, 2, 1]
    for change, message in (
        ("train.class_weight.dug=2", "there is no class 'dug'"),
        ("train.sample_weight=pet", "'pet' holds text"),
        ("train.sample_weight=m", "no column 'm'"),
    ):
        with pytest.raises(NnspecError, match=message):
            TrainingSession.prepare(load(tmp_path / "pets.yaml", [change]))
