"""Misclassified rows, by descending confidence."""

import numpy as np
import pytest

from nnspec.analysis.misclassified import Misclassified, classifiers, worst_rows
from nnspec.graph.compile import compile_spec
from nnspec.graph.objectives import objectives
from tests.small_runs import mnist, rows, spec

PROBABILITIES = np.array([[0.9, 0.1, 0.0], [0.2, 0.8, 0.0], [0.3, 0.3, 0.4], [0.6, 0.4, 0.0]])
CLASSES = np.array([0, 2, 0, 1])


def test_the_most_confident_mistake_comes_first():
    expected = [
        Misclassified(1, 2, 1, 0.8),
        Misclassified(3, 1, 0, 0.6),
        Misclassified(2, 0, 2, 0.4),
    ]
    assert worst_rows(PROBABILITIES, CLASSES, 10) == expected
    assert worst_rows(PROBABILITIES, CLASSES, 1) == expected[:1]
    assert worst_rows(PROBABILITIES, CLASSES, 0) == []


@pytest.mark.parametrize("targets", [CLASSES[:, None], np.eye(3)[CLASSES], CLASSES.astype(float)])
def test_targets_may_be_columns_or_one_hot(targets):
    assert worst_rows(PROBABILITIES, targets, 10) == worst_rows(PROBABILITIES, CLASSES, 10)


def test_a_single_output_is_the_probability_of_class_1():
    found = worst_rows(np.array([[0.9], [0.2], [0.7]]), np.array([1, 1, 0]), 10)
    assert [(m.row, m.true, m.predicted) for m in found] == [(1, 1, 0), (2, 0, 1)]
    assert [m.probability for m in found] == pytest.approx([0.8, 0.7])


@pytest.mark.parametrize("shape", [(0, 3), (2, 3, 4), (2,)])
def test_outputs_without_classes_have_no_mistakes(shape):
    assert worst_rows(np.ones(shape), np.zeros(shape[:1]), 10) == []


def classifiers_of(values):
    built = spec(values)
    graph = compile_spec(built)
    return classifiers(objectives(built, graph), graph)


def test_only_classifiers_make_mistakes():
    assert classifiers_of(mnist()) == ["dense"]
    assert classifiers_of(rows(metrics=["accuracy"])) == ["dense"]
    assert classifiers_of(rows(loss="mean_squared_error")) == []
    logits = {"binary_crossentropy": {"from_logits": True}}
    assert classifiers_of(rows(loss=logits, metrics=["accuracy"])) == []


@pytest.mark.parametrize("metrics", [[], ["binary_accuracy"]])
def test_a_probability_of_class_1_is_a_classifier(metrics):
    assert classifiers_of(rows(metrics=metrics)) == ["dense"]
    labels = {"inputs": [[0], [1]], "targets": [[0, 1], [1, 1]]}
    several = {"layers": [{"dense": {"units": 2, "activation": "sigmoid"}}]}
    assert classifiers_of(rows(labels, network=several, metrics=metrics)) == []


def test_probabilities_between_two_classes_have_no_mistakes():
    assert worst_rows(np.array([[0.9], [0.2]]), np.array([0.25, 1]), 10) == []


def test_each_output_is_judged_by_its_own_loss_and_metrics():
    layers = [{"dense": {"units": 3, "name": name}} for name in ("price", "kind", "group")]
    network = {"input_shape": 3, "layers": layers, "outputs": ["price", "kind", "group"]}
    loss = {
        "price": "mean_squared_error",
        "kind": "categorical_crossentropy",
        "group": "binary_crossentropy",
    }
    values = {"network": network, "loss": loss, "metrics": {"group": ["accuracy"]}}
    assert classifiers_of(values) == ["kind", "group"]
