"""`nnspec plot`."""

import csv
import sys

import pytest

from nnspec.runs.verification import accept
from tests.cli.conftest import written
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts
from tests.small_runs import rows


@pytest.fixture
def runs(nnspec, tmp_path):
    """Two runs called fast, and one called slow."""
    spec = written(tmp_path, rows(metrics=["accuracy"], train={"epochs": 3}))
    for overrides in (["name=slow"], ["name=fast", "optimizer=adam"], ["name=fast"]):
        nnspec("run", spec, *overrides)


def column(path, name, default=""):
    with open(path, newline="") as file:
        return [float(row[name] or default) for row in csv.DictReader(file)]


def test_a_table(nnspec, runs):
    done = nnspec("plot", "runs/slow", "runs/fast")
    assert (done.code, done.err) == (0, "")
    assert [block.splitlines()[0] for block in done.out.split("\n\n")] == ["loss", "accuracy"]
    losses = column("runs/slow/1/history.csv", "loss")
    (line,) = [line for line in done.out.split("\n\n")[0].splitlines() if line.startswith("slow")]
    assert line.split() == ["slow", "3", *(f"{losses[i]:.4g}" for i in (0, -1, 0, -1))]


def test_epochs_that_were_not_validated(nnspec, tmp_path):
    train = {"epochs": 3, "validation_split": 0.5, "validation_freq": 2}
    nnspec("run", written(tmp_path, rows(name="rare", train=train)))
    values = column("runs/rare/1/history.csv", "val_loss", default="nan")
    done = nnspec("plot", "runs/rare")
    line = next(line for line in done.out.splitlines() if line.startswith("rare, validation"))
    known = values[1:]
    figures = (known[0], min(known), max(known), known[1])
    assert line.split()[2:] == ["2", *(f"{value:.4g}" for value in figures)]
    curve = nnspec("plot", "runs/rare", "--json").json["runs"]["rare"]["val_loss"]
    assert curve == [None, *known]


def test_json(nnspec, runs):
    values = nnspec("plot", "runs/slow", "runs/fast/1", "runs/fast/2", "runs/fast", "--json").json
    assert list(values) == ["runs", "picture"]
    assert list(values["runs"]) == ["slow", "fast 1", "fast 2"]  # `fast` alone is the newest run
    assert list(values["runs"]["slow"]) == ["epoch", "loss", "accuracy", "seconds"]
    assert values["runs"]["slow"]["epoch"] == [1, 2, 3]


def test_runs_of_one_name_and_number_in_two_places(nnspec, runs, tmp_path):
    (tmp_path / "runs").rename(tmp_path / "old")
    nnspec("run", "small.yaml", "name=slow")
    names = list(nnspec("plot", "old/slow", "runs/slow", "--json").json["runs"])
    assert names == [str(tmp_path / folder / "slow" / "1") for folder in ("old", "runs")]


@needs_matplotlib
def test_pictures(nnspec, runs, tmp_path):
    done = nnspec("plot", "runs/slow", "runs/fast", "-o", "both.png")
    assert done.out.endswith("drawn in both.png\n")
    assert size(tmp_path / "both.png") == (1600, 672)
    nnspec("plot", "runs/slow", "--figure", "loss", "-o", "loss.svg")
    found = texts(tmp_path / "loss.svg")
    assert "slow" in found
    assert not any("accuracy" in text for text in found)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["nowhere"], "nowhere is no run folder"),
        (["runs/slow", "train.epochs=1"], "a run has the values that it was trained with"),
        (["runs/slow", "--figure", "los"], "did you mean 'loss'"),
        (["runs/slow", "--figure", "seconds"], "no run has the figure 'seconds'"),
        (["runs/slow", "-o", "x.pdf"], "a .png or a .svg file"),
        (["runs/damaged"], "it is no table of numbers"),
        (["runs/binary"], "it is no table of numbers"),
        (["runs/headless"], "has no column epoch"),
        (["runs/empty"], "has no finished epoch"),
        (["runs/gone"], "history.csv is damaged or changed: it is missing, and was never"),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, runs, tmp_path, arguments, message):
    contents = {
        "damaged": b"epoch,loss\n1,low\n", "binary": b"\xff\xfe\n", "headless": b"loss\n1\n",
        "empty": b"epoch\n",
    }  # fmt: skip
    for name in (*contents, "gone"):
        folder = tmp_path / "runs" / name
        folder.mkdir()
        (folder / "spec.yaml").write_text("")
        if name in contents:
            (folder / "history.csv").write_bytes(contents[name])
        accept(folder, ["manifest.json"])
    done = nnspec("plot", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_picture_without_matplotlib(nnspec, runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = nnspec("plot", "runs/slow", "-o", "x.png")
    assert (done.code, done.out) == (2, "")
    assert MISSING in done.err
