"""`nnspec predict`."""

import csv

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.small_runs import rows


@pytest.fixture(autouse=True)
def trained(nnspec, small):
    return nnspec("run", small, "--json").json


def read(path):
    with open(path, newline="") as file:
        return list(csv.reader(file))


def test_the_table_of_the_test_rows(nnspec, trained):
    done = nnspec("predict", "runs/small", "test")
    assert (done.code, done.err) == (0, "")
    head, *body = read("runs/small/1/predictions-test.csv")
    assert head == ["row", *map(str, range(10))]
    assert [line[0] for line in body] == list(map(str, range(50)))
    shares = np.array([line[1:] for line in body], float)
    assert shares.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)
    assert (shares.argmax(axis=1) == _labels()).mean() == pytest.approx(trained["test"]["accuracy"])
    assert "50 rows in runs/small/1/predictions-test.csv" in done.out


def _labels():
    from nnspec.data.formats import mnist

    return mnist.labels("t10k")[:50]


def test_the_worst_mistakes_are_listed_and_drawn(nnspec, tmp_path):
    values = nnspec("predict", "runs/small", "test", "--json", "--mistakes", "3").json
    assert list(values) == ["run", "rows", "table", "mistakes", "confusion", "data_changed"]
    found = values["mistakes"]
    assert len(found) == 3
    assert found == sorted(found, key=lambda one: -one["probability"])
    labels = _labels()
    assert all(one["true"] == labels[one["row"]] != one["predicted"] for one in found)
    drawn = {path.name for path in (tmp_path / "runs/small/1/mistakes-test").iterdir()}
    assert drawn == {f"{o['row']:05}-{o['true']}-as-{o['predicted']}.png" for o in found}
    nnspec("predict", "runs/small", "test", "--mistakes", "1")
    assert len(list((tmp_path / "runs/small/1/mistakes-test").iterdir())) == 1


def test_the_confusion_matrix_and_the_figures_of_each_class(nnspec, trained):
    found = nnspec("predict", "runs/small", "test", "--json").json["confusion"]
    matrix = np.array(found["matrix"])
    assert matrix.trace() / matrix.sum() == pytest.approx(trained["test"]["accuracy"])
    assert matrix.sum(axis=1).tolist() == np.bincount(_labels(), minlength=10).tolist()
    recall = [one["recall"] for one in found["classes"].values()]
    assert recall == pytest.approx(matrix.diagonal() / np.maximum(matrix.sum(axis=1), 1))
    lines = nnspec("predict", "runs/small", "test").out.splitlines()
    assert "class  precision  recall  f1_score  rows" in lines
    head = lines.index(
        "confusion matrix (a row for each true class, a column for each predicted one)"
    )
    printed = [list(map(int, line.split()))[1:] for line in lines[head + 2 : head + 12]]
    assert printed == found["matrix"]


def test_dots_are_printed(nnspec):
    out = nnspec("predict", "runs/small", "test").out
    assert "worst mistakes" in out
    assert any(0x2800 < ord(character) < 0x2900 for character in out)


def test_rows_in_a_file(nnspec, tmp_path):
    np.save("digits.npy", np.zeros((3, 28, 28), np.uint8))
    done = nnspec("predict", "runs/small", "digits.npy", "--json")
    assert done.json["mistakes"] == []
    assert done.json["table"] == "runs/small/1/predictions-digits.csv"
    assert len(read(done.json["table"])) == 4


def test_the_array_as_it_is_and_a_folder_of_its_own(nnspec, tmp_path):
    assert nnspec("predict", "runs/small", "test", "-o", "new/there.npy").code == 0
    nnspec("predict", "runs/small", "test")
    table = np.array(
        [line[1:] for line in read("runs/small/1/predictions-test.csv")[1:]], np.float32
    )
    assert (np.load("new/there.npy") == table).all()
    assert (tmp_path / "new" / "mistakes-test").is_dir()


def test_a_file_called_test_does_not_overwrite_the_table_of_the_test_rows(nnspec):
    np.save("test.npy", np.zeros((3, 28, 28), np.uint8))
    nnspec("predict", "runs/small", "test")
    nnspec("predict", "runs/small", "test.npy")
    assert len(read("runs/small/1/predictions-test.csv")) == 51


def test_a_regression_makes_no_mistakes(nnspec, tmp_path):
    network = {"layers": [{"dense": 2}]}
    source = {"inputs": [[1], [2]], "targets": [[1, 2], [3, 4]]}
    written(tmp_path, rows(source, network=network, loss="mean_squared_error", name="line"))
    nnspec("run", "small.yaml")
    found = nnspec("predict", "runs/line", "train", "--json").json
    assert (found["mistakes"], found["confusion"]) == ([], None)


def test_a_file_without_rows(nnspec):
    np.save("none.npy", np.zeros((0, 28, 28), np.uint8))
    done = nnspec("predict", "runs/small", "none.npy")
    assert done.code == 0
    assert "0 rows" in done.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("missing.npy",), (".",), ("small.yaml",), ("wrong.npy",), ("nan.npy",),
        ("test", "-o", "."), ("test", "-o", "x.txt"), ("test", "-o", "small.yaml/x.csv"),
        ("test", "--mistakes", "-1"),
    ],
)  # fmt: skip
def test_mistakes_end_with_2_and_a_message(nnspec, tmp_path, arguments):
    np.save("wrong.npy", np.zeros((3, 27)))
    np.save("nan.npy", np.full((3, 28, 28), np.nan))
    before = (tmp_path / "small.yaml").read_text()
    done = nnspec("predict", "runs/small", *arguments)
    assert (done.code, done.out) == (2, "")
    assert "rror: " in done.err
    assert (tmp_path / "small.yaml").read_text() == before
