"""Precision, recall, F1 and the accuracy of the k largest, against scikit-learn and Keras."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from nnspec.errors import ShapeError, SpecError
from nnspec.options.validation import read_component
from tests.components.measured import measured

RNG = np.random.default_rng(7)
ROWS, CLASSES = 50, 4
SCORES = RNG.random((ROWS, CLASSES))
LABELS = RNG.choice(CLASSES - 1, ROWS, p=[0.7, 0.2, 0.1])  # none of the last class
KINDS = ("precision", "recall", "f1_score")
AVERAGES = ("macro", "weighted", "micro")
PARTS = (17, 1, 32)


def sklearn_score(kind: str, labels: Any, found: Any, **options: Any) -> float:
    metrics = pytest.importorskip("sklearn.metrics")
    return float(getattr(metrics, f"{kind.removesuffix('_score')}_score")(
        labels, found, zero_division=0, **options
    ))  # fmt: skip


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seen", [3, 4], ids=["a class is never there", "it is predicted"])
def test_an_average_of_several_classes(kind: str, average: str, seen: int) -> None:
    p = SCORES * (np.arange(CLASSES) < seen)
    expected = sklearn_score(kind, LABELS, p.argmax(1), average=average)
    for targets in (LABELS, LABELS[:, None], np.eye(CLASSES)[LABELS]):
        found = measured({kind: {"average": average}}, p, targets, PARTS)
        assert found == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_one_class(kind: str) -> None:
    for number in range(CLASSES):
        labels, found = number == LABELS, SCORES.argmax(1) == number
        value = measured({kind: {"class_id": number}}, SCORES, LABELS, PARTS)
        assert value == pytest.approx(sklearn_score(kind, labels, found), rel=1e-14)


@pytest.mark.parametrize("threshold", [None, 0.2])
@pytest.mark.parametrize("kind", KINDS)
def test_one_output_is_of_class_1(kind: str, threshold: float | None) -> None:
    p, y = SCORES[:, :1], LABELS > 0
    found = p[:, 0] > (0.5 if threshold is None else threshold)
    options: dict[str, Any] = {"threshold": threshold}
    value = measured({kind: options}, p, y.astype(float), PARTS)
    assert value == pytest.approx(sklearn_score(kind, y, found), rel=1e-14)
    of_0 = measured({kind: {**options, "class_id": 0}}, p, y[:, None].astype(float))
    assert of_0 == pytest.approx(sklearn_score(kind, ~y, ~found), rel=1e-14)
    for average in AVERAGES:
        value = measured({kind: {**options, "average": average}}, p, y.astype(float))
        expected = sklearn_score(kind, y, found, average=average)
        assert value == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("average", AVERAGES)
@pytest.mark.parametrize("kind", KINDS)
def test_with_a_threshold_each_output_is_a_yes_or_no(kind: str, average: str) -> None:
    y = RNG.random((ROWS, CLASSES)) < 0.3
    value = measured({kind: {"average": average, "threshold": 0.6}}, SCORES, y * 1.0, PARTS)
    expected = sklearn_score(kind, y, SCORES > 0.6, average=average)
    assert value == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_what_would_be_divided_by_0_is_0(kind: str) -> None:
    assert measured(kind, np.zeros((3, 1)), np.zeros(3)) == 0
    assert measured({kind: {"average": "macro"}}, SCORES * 0, LABELS * 0) == 1  # of one class


@pytest.mark.framework
@pytest.mark.parametrize("k", [1, 2, 3])
def test_the_k_largest_are_those_of_keras_and_scikit_learn(k: int) -> None:
    pytest.importorskip("tensorflow")
    keras, metrics = pytest.importorskip("keras"), pytest.importorskip("sklearn.metrics")
    ties = SCORES.round(1)
    for p in (SCORES, ties):
        expected = np.mean(
            keras.metrics.sparse_top_k_categorical_accuracy(LABELS, p.astype("f4"), k)
        )
        for targets in (LABELS, np.eye(CLASSES)[LABELS]):
            found = measured({"top_k_categorical_accuracy": k}, p, targets, PARTS)
            assert found == pytest.approx(expected, rel=1e-6)
    expected = metrics.top_k_accuracy_score(LABELS, SCORES, k=k, labels=range(CLASSES))
    assert measured({"top_k_categorical_accuracy": k}, SCORES, LABELS) == pytest.approx(expected)


def test_a_row_with_nan_is_not_among_the_k_largest() -> None:
    p = np.array([[np.nan, 0.1, 0.2], [0.3, 0.1, 0.2]])
    assert measured({"top_k_categorical_accuracy": 1}, p, np.array([0, 0])) == 0.5


def test_classes_of_each_place_of_a_sequence_are_counted_alike() -> None:
    p, y = SCORES.reshape(10, 5, CLASSES), LABELS.reshape(10, 5)
    for written in ({"top_k_categorical_accuracy": 2}, {"f1_score": {"average": "macro"}}):
        assert measured(written, p, y) == measured(written, SCORES, LABELS)


@pytest.mark.parametrize(
    ("written", "prediction", "target", "message"),
    [
        ("f1_score", (3,), (3,), "f1_score is of each of 3 classes"),
        ({"recall": {"class_id": 3}}, (3,), (), "recall of class 3: the last is 2"),
        ({"recall": {"class_id": 2}}, (1,), (), "recall of class 2: the last is 1"),
        ({"precision": {"average": "macro"}}, (3,), (2,), "do not fit the network's output"),
        ({"precision": {"average": "macro", "threshold": 0.5}}, (3,), (), "the network ends in"),
        ("top_k_categorical_accuracy", (5,), (), "with k 5 is 1 for 5 classes"),
        ("top_k_categorical_accuracy", (1,), (), "needs an output for each class"),
        ({"top_k_categorical_accuracy": 1}, (3,), (2,), "do not fit the network's output"),
    ],
)
def test_what_does_not_fit_is_refused(
    written: Any, prediction: Any, target: Any, message: str
) -> None:
    with pytest.raises(ShapeError, match=message):
        read_component("metric", written).check(prediction, target)


def test_one_figure_is_asked_for() -> None:
    with pytest.raises(SpecError, match="average is of all classes and class_id of one"):
        read_component("metric", {"recall": {"average": "macro", "class_id": 1}})
