"""Files that `-o` writes, and those that it must not overwrite."""

from pathlib import Path

import numpy as np
import pytest

from nnspec.runs.file_names import BEST, FILES
from tests.cli.conftest import written
from tests.small_runs import named, rows


@pytest.fixture
def run(nnspec, tmp_path):
    nnspec("run", written(tmp_path, rows(name="xor")))
    np.save(tmp_path / "new.npy", [[0.0, 1.0]])
    return "runs/xor/1"


@pytest.mark.parametrize("out", ["new.npy", "./new.npy", "link.npy"])
def test_an_input_is_not_overwritten(nnspec, tmp_path, run, out):
    (tmp_path / "link.npy").symlink_to("new.npy")
    before = (tmp_path / "new.npy").read_bytes()
    done = nnspec("predict", run, "new.npy", "-o", out)
    assert done.code == 2
    assert "-o:1:1: error: " in done.err
    assert "is an input of this command and would be overwritten" in done.err
    assert (tmp_path / "new.npy").read_bytes() == before


def test_a_picture_is_not_drawn_over_the_input(nnspec, tmp_path, run):
    (tmp_path / "g.png").write_bytes(b"a picture")
    done = nnspec("apply", "small.yaml", "--input", "g.png", "-o", "g.png")
    assert (done.code, "would be overwritten" in done.err) == (2, True)
    assert (tmp_path / "g.png").read_bytes() == b"a picture"


def test_a_file_of_a_run_is_not_overwritten(nnspec, tmp_path, run):
    before = (tmp_path / run / "history.csv").read_bytes()
    done = nnspec("predict", run, "new.npy", "-o", f"{run}/history.csv")
    assert (done.code, "is one of a run's own files" in done.err) == (2, True)
    assert (tmp_path / run / "history.csv").read_bytes() == before
    assert nnspec("predict", run, "new.npy", "-o", f"{run}/mine.csv").code == 0


def test_the_files_of_a_run(nnspec, tmp_path, run):
    found = {path for path in (tmp_path / run).rglob("*") if path.is_file()}
    names = {path.relative_to(tmp_path / run).as_posix() for path in found}
    assert names == {*FILES, "checkpoint/previous.safetensors", ".lock"} - {BEST}


def test_the_table_of_one_of_several_outputs_is_not_written_over_the_input(nnspec, tmp_path):
    nnspec("run", written(tmp_path, named(train={"epochs": 1})))
    np.savez(tmp_path / "new.npz", image=[[0.4, 0.4]], words=[[1, 1, 1]])
    (tmp_path / "new.npz").rename(tmp_path / "new-kind.npy")
    done = nnspec("predict", "runs/named", "new-kind.npy", "-o", "new.npy")
    assert (done.code, (tmp_path / "new.npy").exists()) == (2, False)


def test_a_suffix_in_capitals(nnspec, tmp_path, run):
    assert nnspec("predict", run, "new.npy", "-o", "TABLE.NPY").code == 0
    assert np.load(tmp_path / "TABLE.NPY").shape == (1, 1)


@pytest.mark.parametrize("line", ["run small.yaml -o", "predict runs/xor new.npy -o", "evaluate"])
def test_an_empty_path_is_refused(nnspec, tmp_path, run, line):
    before = sorted(Path(tmp_path).iterdir())
    done = nnspec(*line.split(), "")
    assert (done.code, "a path is not empty" in done.err) == (2, True)
    assert sorted(Path(tmp_path).iterdir()) == before


def test_a_variable_within_a_path_is_refused(nnspec, run):
    done = nnspec("predict", run, "data/$HOME/new.npy")
    assert (done.code, "a path holds no variables" in done.err) == (2, True)
