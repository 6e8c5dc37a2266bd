"""Training on augmented rows: the same on every engine and in every chunk, from a spec."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.compute import ComputeConfig
from nnspec.errors import NnspecError
from nnspec.graph.compile import compile_spec
from nnspec.parity.worker import ProgramServer
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.loader import build
from nnspec.training import loop
from nnspec.training.history import TrainingHistory
from nnspec.training.loop import never_stop, train_epochs
from nnspec.training.session import TrainingSession
from nnspec.tuning.cross_validation import CrossValidation

REFERENCE = ComputeConfig("numpy:reference", "exact")
IMAGES = np.random.default_rng(0).uniform(size=(40, 6, 6)).round(3)
STEPS = ["random_flip", {"random_crop": {"height": 5, "width": 4}}, {"mixup": 0.5}]


def values(augment, **changes):
    """Plain values of a spec: 30 images of two classes for training, 10 for testing."""
    one_hot = np.eye(2)[np.arange(40) % 2].tolist()
    parts = {"inputs": IMAGES[:30].tolist(), "targets": one_hot[:30]}
    test = {"inputs": IMAGES[30:].tolist(), "targets": one_hot[30:]}
    document = {
        "data": {"source": {"rows": {**parts, "test": test}}, "augment": augment},
        "network": {"layers": ["flatten", {"dense": {"units": 2, "activation": "softmax"}}]},
        "loss": "categorical_crossentropy",
        "optimizer": "adam",
        "metrics": ["accuracy"],
        "train": {"epochs": 3, "batch_size": 8},
    }
    return document | changes


def weights_after(session, epochs, before=()):
    options = session.spec.train.replace(epochs=epochs)
    run_epochs = train_epochs(
        session.program, session.training, options, lambda _: None, never_stop, None,
        TrainingHistory(before),
    )  # fmt: skip
    done = list(run_epochs)
    return weights_sha256(session.program.weights()), done


def prepared(augment=STEPS, compute=REFERENCE, **changes):
    return TrainingSession.prepare(build(values(augment, **changes)), compute)


def test_the_weights_do_not_depend_on_the_chunks(monkeypatch):
    hashes = set()
    for size in (1, 2, 1000):
        monkeypatch.setattr(loop, "_next_chunk_size", lambda *_, size=size: size)
        hashes.add(weights_after(prepared(), 3)[0])
    assert len(hashes) == 1
    assert weights_after(prepared([STEPS[1]]), 3)[0] not in hashes


def test_training_resumes_in_the_same_epoch():
    whole, _ = weights_after(prepared(), 3)
    first, second = prepared(), prepared()
    _, done = weights_after(first, 2)
    second.program.set_weights(first.program.weights())
    second.program.set_state(first.program.state())
    assert weights_after(second, 3, done)[0] == whole


def test_the_seed_draws_the_augmentation():
    rows = [
        prepared(train={"seed": seed}).training.take(np.arange(30), 1).inputs for seed in (0, 0, 1)
    ]
    assert np.array_equal(rows[0], rows[1])
    assert not np.array_equal(rows[0], rows[2])


@pytest.mark.parametrize("backend", ["numpy:reference", "numpy"])
@pytest.mark.parametrize("length", [{}, {"steps": 12}, {"epochs": 2, "steps_per_epoch": 6}])
def test_a_comparison_of_backends_makes_the_updates_of_a_run(backend, length):
    compute, train = ComputeConfig(backend, "exact"), length or {"epochs": 3}
    server = ProgramServer(build(values(STEPS, train={"batch_size": 8, **train})), compute)
    for batch in server.batches(None):
        probe = server.probe(batch)
        server.update(batch)
    assert weights_sha256(server.weights()) == weights_after(prepared(), 3)[0]
    assert probe.outputs["dense"].shape == (6, 2)


@pytest.mark.framework
@pytest.mark.parametrize("backend", ["torch", "keras:tensorflow"])
def test_frameworks_get_the_same_rows(backend):
    pytest.importorskip({"torch": "torch"}.get(backend, "keras"))
    hashes = {
        weights_after(prepared(compute=ComputeConfig(name, "exact")), 3)[0]
        for name in ("numpy", backend)
    }
    assert len(hashes) == 1


def test_rows_that_are_not_trained_on_are_not_augmented():
    session = prepared()
    assert np.array_equal(session.splits.train.inputs, IMAGES[:30, :5, 1:5])
    assert np.array_equal(session.splits.test.inputs, IMAGES[30:, :5, 1:5])
    assert np.array_equal(session.splits.train.targets, np.eye(2)[np.arange(30) % 2])


def test_a_run_evaluates_and_predicts_images_of_the_size_before_the_crop(tmp_path):
    report = run(build(values(STEPS)), REFERENCE, tmp_path)
    opened = TrainedRun.open(report.run, REFERENCE)
    assert opened.evaluate() == report.metrics
    assert opened.predict(IMAGES[:3]).shape == (3, 2)
    assert opened.predict(IMAGES[:3])[1] == pytest.approx(opened.predict(IMAGES[1:2])[0])


def test_folds_train_on_augmented_rows():
    metrics = []
    for augment in (STEPS, [STEPS[1]]):
        tune = {"parameters": {"train.epochs": [1, 3]}, "folds": 3}
        spec = build(values(augment, tune=tune))
        folds = CrossValidation(spec.tune, "loss", REFERENCE)
        metrics.append(folds.evaluate_fold(spec, 1, never_stop))
    assert metrics[0] != metrics[1]


def test_inputs_are_augmented_by_name():
    image = IMAGES[:8].tolist()
    document = {
        "data": {
            "source": {"rows": {"inputs": {"a": image, "b": image}, "targets": [0.0] * 8}},
            "augment": {"b": [{"random_crop": {"height": 3, "width": 3}}, "random_flip"]},
        },
        "network": {
            "inputs": {"a": {}, "b": {}},
            "layers": [
                {"flatten": {"name": "x", "inputs": "a"}},
                {"flatten": {"name": "y", "inputs": "b"}},
                {"concatenate": {"inputs": ["x", "y"]}},
                {"dense": 1},
            ],
        },
        "loss": "mean_squared_error",
        "optimizer": "sgd",
    }
    session = TrainingSession.prepare(build(document), REFERENCE)
    rows = session.training.take(np.arange(8), 1)
    assert np.array_equal(rows.inputs["a"], IMAGES[:8])
    assert rows.inputs["b"].shape == (8, 3, 3)
    assert session.graph.inputs["b"].shape == (3, 3)


SPARSE = {"loss": "sparse_categorical_crossentropy", "metrics": []}
LINEAR = {"loss": "mean_squared_error", "optimizer": "least_squares", "metrics": []}


@pytest.mark.parametrize(
    ("augment", "changes", "message"),
    [
        ([{"random_crop": {"height": 7, "width": 5}}], {}, r"random_crop of \(7, 5\) gets images"),
        ({"image": ["random_flip"]}, {}, "there is no input 'image'"),
        (["random_flip"], LINEAR, "least_squares solves for the rows as they are"),
        ([{"random_zoom": [-1, 0]}], {}, "a zoom of -1 leaves nothing"),
        ([{"random_rotation": [0.2, 0.1]}], {}, "the first number of a range is the lower"),
        ([{"random_rotation": 2}], {}, "a number from 0 to 1"),
        ([{"random_flips": "vertical"}], {}, "random_flip"),
        ([{"cutout": 0}], {}, "size"),
        ([{"random_crop": {"height": 4, "width": 4, "padding": 4}}], {}, "a padding of the crop's"),
    ],
)
def test_mistakes_are_told_before_anything_runs(augment, changes, message):
    with pytest.raises(NnspecError, match=message):
        compile_spec(build(values(augment, **changes)))


def test_class_numbers_are_not_mixed():
    document = values(["mixup"], **SPARSE)
    document["data"]["source"] = {"rows": {"inputs": [[0.0], [1.0]], "targets": [0, 1]}}
    with pytest.raises(NnspecError, match=r"mixup mixes targets, and sparse_cat.* class numbers"):
        compile_spec(build(document))


def test_images_that_are_flattened_first_are_told():
    document = values(["random_flip"])
    document["data"]["inputs"] = ["flatten"]
    with pytest.raises(NnspecError, match=r"random_flip needs images .* and gets \(36\)"):
        compile_spec(build(document))
