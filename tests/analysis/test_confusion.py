"""The confusion matrix and the figures of each class, against scikit-learn."""

import numpy as np
import pytest

from nnspec.analysis.confusion import Confusion

RNG = np.random.default_rng(3)
SCORES = RNG.random((60, 4))
CLASSES = RNG.choice(3, 60, p=[0.7, 0.2, 0.1])  # none of the last class


@pytest.mark.parametrize("targets", [CLASSES, CLASSES[:, None], np.eye(4)[CLASSES]])
def test_the_counts_and_figures_are_those_of_scikit_learn(targets):
    metrics = pytest.importorskip("sklearn.metrics")
    found, predicted = Confusion.of(SCORES, targets), SCORES.argmax(1)
    expected = metrics.confusion_matrix(CLASSES, predicted, labels=range(4))
    np.testing.assert_array_equal(found.matrix, expected)
    expected = metrics.precision_recall_fscore_support(
        CLASSES, predicted, labels=range(4), zero_division=0
    )
    np.testing.assert_allclose(np.array(found.figures()).T, expected, rtol=1e-14)


def test_one_output_is_the_probability_of_class_1():
    found = Confusion.of(np.array([[0.9], [0.2], [0.7], [0.5]]), np.array([1, 1, 0, 0]))
    assert found.matrix.tolist() == [[1, 1], [1, 1]]
    assert found.figures()[1] == (0.5, 0.5, 0.5, 2)


@pytest.mark.parametrize(
    ("predictions", "targets"),
    [
        (np.ones((0, 3)), np.ones(0)),
        (np.ones((2, 3, 4)), np.ones((2, 3))),
        (SCORES[:2], np.array([0.5, 1])),
        (SCORES[:2], np.array([0, 4])),
        (SCORES[:2], np.array([0, -1])),
    ],
)
def test_without_a_class_for_each_row_there_is_none(predictions, targets):
    assert Confusion.of(predictions, targets) is None
