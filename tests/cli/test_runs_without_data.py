"""A run whose data are gone, or have changed."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.small_runs import change_file, rows


@pytest.fixture
def run(nnspec, tmp_path):
    """A run on an archive, in a folder that has been moved since."""
    write_archive(tmp_path / "my.npz", 2)
    np.save("new.npy", np.ones((3, 2)))
    data = {"source": {"npz": "my.npz"}, "inputs": ["standardize"]}
    values = rows(name="x", data=data, train={"epochs": 2, "validation_split": 0.25})
    assert nnspec("run", written(tmp_path, values)).code == 0
    shutil.move("runs/x", "elsewhere")
    return "elsewhere"


def write_archive(path, columns):
    """Inputs of some columns."""
    x = np.random.default_rng(columns).normal(size=(8, columns))
    np.savez(path, x_train=x, y_train=np.arange(8) % 2)


WITHOUT_DATA = [
    ("predict", "new.npy"), ("predict", "[0, 1]"), ("weights",), ("plot",),
    ("apply", "--input", "[0, 1]"), ("backprop", "--input", "[[0], [1]]", "--target", "1"),
    ("draw",), ("diff", "elsewhere/1"), ("runs",), ("verify", "--files-only"),
    ("compare", "copied"),
]  # fmt: skip
WITH_DATA = [
    ("evaluate",), ("predict", "train"), ("gradients",), ("apply",), ("features",), ("backprop",),
    ("plot-function",),
]  # fmt: skip


def call(nnspec, run, command):
    return nnspec(command[0], run, *command[1:])


def test_what_needs_no_data_works_without_them(nnspec, run, tmp_path):
    shutil.copytree("elsewhere/1", "copied")
    before = [call(nnspec, run, command).out for command in WITHOUT_DATA]
    (tmp_path / "my.npz").unlink()
    after = [call(nnspec, run, command) for command in WITHOUT_DATA]
    assert [done.code for done in after] == [0] * len(WITHOUT_DATA)
    assert [done.out for done in after] == before


def test_first_updates_are_left_out_without_the_data(nnspec, run, tmp_path):
    (tmp_path / "my.npz").unlink()
    done = nnspec("verify", run)
    assert done.code == 0
    assert "not made again: there is no file" in done.out


@pytest.mark.parametrize("command", WITH_DATA)
def test_what_needs_the_data_says_so(nnspec, run, tmp_path, command):
    (tmp_path / "my.npz").unlink()
    done = call(nnspec, run, command)
    assert done.code == 2
    assert "elsewhere/1/spec.yaml:4:5: error: this needs the data of elsewhere/1" in done.err
    assert "put them back, give other rows, or write their new path here and run" in done.err
    assert "nnspec verify elsewhere/1 --accept spec.yaml" in done.err


def test_data_of_another_shape_do_not_disturb_predictions(nnspec, run, tmp_path):
    write_archive(tmp_path / "my.npz", 3)
    assert nnspec("predict", run, "new.npy").code == 0
    done = nnspec("evaluate", run)
    assert done.code == 2
    assert "they have changed" in done.err


def test_changed_data_are_told(nnspec, run, tmp_path):
    assert nnspec("evaluate", run, "--json").json["data_changed"] is False
    x = np.random.default_rng(9).normal(size=(8, 2))
    np.savez(tmp_path / "my.npz", x_train=x, y_train=np.arange(8) % 2)
    for command in (("evaluate",), ("predict", "train")):
        assert call(nnspec, run, (*command, "--json")).json["data_changed"] is True
    for command in WITH_DATA:
        assert "not those that elsewhere/1 was trained on" in call(nnspec, run, command).err
    assert nnspec("predict", run, "new.npy", "--json").json["data_changed"] is None


@pytest.mark.parametrize("content", ["[]", "{}", None])
def test_without_a_record_of_the_data_it_is_not_known_whether_they_changed(
    nnspec, run, tmp_path, content
):
    change_file(tmp_path / run / "1", "environment.json", content)
    for command in (("evaluate",), ("predict", "train")):
        done = call(nnspec, run, (*command, "--json"))
        assert (done.code, done.json["data_changed"]) == (0, None)
        assert "environment.json" in done.err
        assert "it is not known whether the data have changed since the run" in done.err


def test_data_that_moved_together_with_the_run_are_found(nnspec, tmp_path):
    project = tmp_path / "project"
    (project / "data").mkdir(parents=True)
    write_archive(project / "data/my.npz", 2)
    values = rows(name="x", data={"source": {"npz": "data/my.npz"}}, train={"epochs": 1})
    nnspec("run", f"project/{written(project, values)}", "-o", "project/runs")
    before = nnspec("evaluate", "project/runs/x", "--json").json
    project.rename(tmp_path / "moved")
    done = nnspec("evaluate", "moved/runs/x", "--json")
    assert (done.code, done.json["train"]) == (0, before["train"])
    assert done.json["data_changed"] is False
    assert "have moved with it" in done.err


def test_the_new_path_of_data_can_be_written_in_the_spec_of_a_run(nnspec, run, tmp_path):
    (tmp_path / "my.npz").rename(tmp_path / "other.npz")
    assert nnspec("evaluate", run).code == 2
    spec = tmp_path / run / "1/spec.yaml"
    spec.write_text(spec.read_text().replace("my.npz", "other.npz"))
    changed = nnspec("evaluate", run)
    assert (changed.code, "spec.yaml is damaged or changed" in changed.err) == (2, True)
    assert nnspec("verify", f"{run}/1", "--accept", "spec.yaml").code == 0
    assert nnspec("evaluate", run).code == 0


def test_files_of_one_name_have_tables_of_their_own(nnspec, run):
    names = {}
    for folder in ("a", "b"):
        Path(folder).mkdir()
        shutil.copy("new.npy", f"{folder}/new.npy")
    shutil.copy("new.npy", "test.npy")
    for rows_of in ("a/new.npy", "b/new.npy", "test.npy", "a/../a/new.npy"):
        names[rows_of] = nnspec("predict", run, rows_of, "--json").json["table"]
    assert list(names.values()) == [
        f"elsewhere/1/predictions-{name}.csv" for name in ("new", "new-2", "test-2", "new")
    ]
