"""Errors of classes: a single one, one that training rows lack, and one the network has besides."""

import pytest

from nnspec.errors import DataError
from nnspec.training.session import TrainingSession
from tests.small_runs import rows, spec


def classifier(targets, units=3, **changes):
    source = {"inputs": [[float(n)] for n in range(len(targets))], "targets": targets}
    layers = [{"dense": {"units": units, "activation": "softmax"}}]
    data = {"source": {"rows": source}, "targets": ["one_hot"]}
    loss = "categorical_crossentropy"
    return spec(rows(data=data, network={"layers": layers}, loss=loss, **changes))


LAST = {"validation_split": {"fraction": 0.25, "select": "last"}}


@pytest.mark.parametrize(
    ("made", "message", "hint"),
    [
        (classifier([4, 4, 4, 4]), "all 4 training rows are of the class '4'", "nothing to tell"),
        (classifier([0, 1, 0, 2], train=LAST),
         "validation row 3 of targets: one_hot gets '2', which no training row has", "0, 1"),
        (classifier([7, 9, 7, 9]), "the targets have 2 classes and the network ends in 3",
         "'7', '9'"),
    ],
)  # fmt: skip
def test_classes_that_do_not_fit_are_told_by_name(made, message, hint):
    with pytest.raises(DataError) as error:
        TrainingSession.prepare(made)
    (problem,) = error.value.problems
    assert problem.message.startswith(message)
    assert hint in problem.hint


def test_a_class_that_a_part_lacks_is_none():
    made = classifier([0, 1, 2, 0], train=LAST)
    assert TrainingSession.prepare(made).splits.validation.rows == 1


@pytest.mark.parametrize("silence", [[], ["one-class"]])
def test_a_file_of_one_class_is_an_error_unless_silenced(tmp_path, monkeypatch, silence):
    pytest.importorskip("polars")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "t.csv").write_text("x,y\n1,1\n2,1\n3,1\n")
    made = spec({
        "data": {
            "source": {"csv": "t.csv"}, "inputs": {"columns": ["x"]}, "targets": {"columns": "y"},
        },
        "network": {"layers": [{"dense": {"units": 1, "activation": "sigmoid"}}]},
        "loss": "binary_crossentropy", "optimizer": "sgd", "silence": silence,
    })  # fmt: skip
    if silence:
        assert TrainingSession.prepare(made).splits.train.rows == 3
    else:
        with pytest.raises(DataError, match="all rows are of class 1"):
            TrainingSession.prepare(made)
