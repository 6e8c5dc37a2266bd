"""`nnspec run`."""

import json

import pytest

from nnspec.training.monitoring.preflight import DurationEstimate
from tests.cli.conftest import written
from tests.small_runs import mnist, rows

KEYS = [
    "run", "backend", "precision", "device", "seed", "parameters", "splits", "rows",
    "class_weight", "epochs", "training", "early_stopping", "best_checkpoint", "stopped_by",
    "train", "test", "expectations", "weights_sha256", "first_updates", "preflight", "seconds",
    "interrupted", "status",
]  # fmt: skip


def test_printed_lines(nnspec, small):
    done = nnspec("run", small)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    for start in ("small", "parameters        7,850", "run runs/small/1", "epoch 1/2  loss ",
                  "epoch 2/2  loss ", "train loss ", "test  loss ", "weights "):  # fmt: skip
        assert any(line.startswith(start) for line in lines), start
    assert lines[-1].endswith("kept in runs/small/1")


def test_json_is_one_object_with_the_keys_that_tools_rely_on(nnspec, small, tmp_path):
    done = nnspec("run", small, "--json")
    assert (done.code, done.err) == (0, "")
    values = done.json
    assert list(values) == KEYS
    assert values["parameters"] == {"total": 7850, "trainable": 7850, "non_trainable": 0}
    assert [list(epoch) for epoch in values["epochs"]] == [
        ["epoch", "loss", "accuracy", "seconds"]
    ] * 2
    assert list(values["train"]) == list(values["test"]) == ["loss", "accuracy"]
    kept = json.loads((tmp_path / values["run"] / "metrics.json").read_text())
    assert kept == values


def test_the_classes_of_each_part_are_printed_where_the_spec_splits_rows(nnspec, tmp_path):
    values = rows({"inputs": [[n / 3] for n in range(20)], "targets": [0] * 8 + [1] * 12})
    values["data"]["split"] = {"test": 5, "by": "stratified"}
    written(tmp_path, values, "split.yaml")
    done = nnspec("run", "split.yaml", "--json")
    assert done.err.splitlines() == [
        "       rows  0  1", "train    15  6  9", "test      5  2  3",
    ]  # fmt: skip
    assert done.json["splits"]["test"] == {"rows": 5, "classes": {"0": 2, "1": 3}}
    wrong = nnspec("run", "split.yaml", "data.split.by={group: no}", "-o", "wrong")
    assert (wrong.code, wrong.out, (tmp_path / "wrong").exists()) == (2, "", False)
    assert "error: the source has no metadata 'no'" in wrong.err


def test_class_weights_are_printed_before_the_first_epoch_and_kept(nnspec, tmp_path):
    source = {"inputs": [[0], [1], [2], [3]], "targets": [0, 0, 0, 1]}
    train = {"class_weight": "balanced", "oversample": True}
    written(tmp_path, rows(source, train=train, metrics=["auc"]), "rare.yaml")
    done = nnspec("run", "rare.yaml", "--json")
    assert done.err.splitlines() == [
        "class weights: 0: 0.6667, 1: 2",
        "oversampling: 3 rows of each of 2 classes an epoch",
    ]
    assert done.json["class_weight"] == {"dense": {"0": 4 / 6, "1": 2.0}}
    plain = nnspec("run", "rare.yaml", "train.class_weight=null", "--json").json
    assert plain["class_weight"] is None


def test_validation_stands_in_each_epoch(nnspec, small):
    done = nnspec("run", small, "train.validation_split=0.25", "--json")
    assert list(done.json["epochs"][0]["validation"]) == ["loss", "accuracy"]
    assert "  validation loss " in nnspec("run", small, "train.validation_split=0.25").out


def test_without_test_rows_there_is_null(nnspec, tmp_path):
    written(tmp_path, rows())
    assert nnspec("run", "small.yaml", "--json").json["test"] is None


@pytest.mark.parametrize(("loss", "code", "word"), [(0.5, 1, "NO"), (2.0, 0, "yes")])
def test_expectations_decide_the_exit_code(nnspec, tmp_path, loss, code, word):
    written(
        tmp_path, mnist(expect={"train": {"loss": loss}, "tolerance": 1.2}, train={"epochs": 0})
    )
    done = nnspec("run", "small.yaml")
    assert done.code == code
    assert done.out.count(f" {word}\n") == 1
    (found,) = nnspec("run", "small.yaml", "--json").json["expectations"]
    assert list(found) == ["name", "expected", "actual", "met", "relation", "detail"]
    assert found["met"] is (code == 0)


def test_options(nnspec, small):
    options = ("--seed", "3", "--precision", "float64", "-o", "elsewhere", "--json")
    done = nnspec("run", small, "train.epochs=1", *options)
    values = done.json
    assert (values["seed"], values["precision"]) == (3, "float64")
    assert values["run"] == "elsewhere/small/1"
    assert len(values["epochs"]) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.yaml",), ("small.yaml", "train.epoch=1"), ("small.yaml", "name=../x"),
        ("small.yaml", "name=.."), ("small.yaml", "--backend", "nonsense"),
        ("small.yaml", "--device", "nonsense"), ("small.yaml", "--precision", "half"),
        ("small.yaml", "--seed", "-1"), ("small.yaml", "-o", "small.yaml"), (), (".",),
        ("small.yaml", "data.source.mnist.train_rows=1", "train.validation_split=0.5"),
        ("small.yaml", "network.layers.0.dense.units=2000000000"),
        ("small.yaml", "data.targets=[{one_hot: 9}]", "network.layers.0.dense.units=9"),
    ],
)  # fmt: skip
def test_mistakes_end_with_2_and_a_message(nnspec, small, tmp_path, arguments):
    done = nnspec("run", *arguments)
    assert done.code == 2
    assert "rror: " in done.err
    assert done.out == ""
    assert not list(tmp_path.glob("runs/*/*"))


def test_divergence_ends_with_2_at_the_learning_rate(nnspec, small):
    layers = "network.layers=[{dense: 8}, {dense: {units: 10, activation: softmax}}]"
    done = nnspec("run", small, layers, "optimizer.sgd.learning_rate=1e30", "train.batch_size=10")
    assert done.code == 2
    assert "command line:1:29: error: training diverged" in done.err
    assert "lower the learning rate" in done.err


def test_a_divergence_as_json_has_its_diagnosis(nnspec, small):
    layers = "network.layers=[{dense: 8}, {dense: {units: 10, activation: softmax}}]"
    rate = "optimizer.sgd.learning_rate=1e30"
    done = nnspec("run", small, layers, rate, "train.batch_size=10", "--json")
    assert done.code == 2
    assert done.json["ok"] is False
    assert done.json["diagnosis"]["cause"] == "learning-rate"
    assert done.json["diagnosis"]["layer"] == "dense"


def test_a_long_training_is_announced_with_its_duration(nnspec, small, monkeypatch):
    monkeypatch.setattr(DurationEstimate, "seconds", lambda *_: 3000.0)
    done = nnspec("run", small)
    assert done.err.startswith("about 50 min, at least ")
    assert "the loss starts at 2." in done.err
    assert nnspec("run", small, "--json").json["preflight"]["expected_seconds"] == 3000.0


def test_out_of_memory_is_a_message(nnspec, small, monkeypatch):
    def refuse(*_):
        raise MemoryError("Unable to allocate 5 TiB")

    monkeypatch.setattr("nnspec.training.session.initial_weights", refuse)
    done = nnspec("run", small)
    assert done.code == 2
    assert done.err.startswith("error: out of memory; ")
