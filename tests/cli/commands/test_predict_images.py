"""Predictions for images in files, decoded as those that a run was trained on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from nnspec.errors import DataError
from nnspec.runs.trained import TrainedRun
from tests.cli.conftest import written
from tests.image_folders import pixels, write_classes, write_image
from tests.small_runs import mnist, trained


def images_spec(**options):
    layers = [{"dense": {"units": 2, "activation": "softmax"}}]
    source = {"images": {"path": "photos", **options}}
    data = {"source": source, "inputs": ["flatten", {"divide": 255}], "targets": ["one_hot"]}
    return mnist(data=data, network={"layers": layers}, name="photos")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_classes(Path("photos"))
    return tmp_path


@pytest.mark.parametrize("options", [{}, {"size": [3, 3]}, {"color": "gray", "size": [5, 2]}])
def test_a_file_and_a_folder_are_decoded_as_the_source_was(folder, options):
    report = trained(images_spec(**options), folder / "runs")
    run = TrainedRun.open(report.run)
    train = run.predict(run.rows("train").raw)
    found = run.rows("photos")
    assert found.files == ("a/0.png", "a/1.png", "a/2.png", "b/0.png", "b/1.png", "b/2.png")
    assert (run.predict(found.raw) == train).all()
    assert np.allclose(run.predict(run.rows("photos/b/1.png").raw), train[4], atol=1e-6)


def test_the_table_has_the_files(nnspec, folder):
    nnspec("run", written(Path(), images_spec()))
    done = nnspec("predict", "runs/photos", "photos/b", "--json")
    assert done.json["files"] == ["0.png", "1.png", "2.png"]
    with Path(done.json["table"]).open() as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["row", "file", "prediction", "probability_a", "probability_b"]
    assert rows[2][:2] == ["1", "1.png"]
    assert "0.png" in nnspec("predict", "runs/photos", "photos/b").out


def test_what_is_no_such_image_is_told_at_the_input(nnspec, folder):
    nnspec("run", written(Path(), images_spec()))
    write_image(Path("wide/x.png"), pixels(0, 6, 9))
    Path("bad.jpg").write_bytes(b"x")
    Path("empty").mkdir()
    for given, message in {
        "wide/x.png": "is 6x9, the training images 6x4",
        "wide": "is 6x9, the training images 6x4",
        "bad.jpg": "is no intact",
        "none.jpg": "cannot be read: No such file",
        "empty": "has no images",
    }.items():
        done = nnspec("predict", "runs/photos", given)
        assert (done.code, message in done.err) == (2, True), done.err
        assert done.err.startswith("INPUT:1:1: error: ")
        assert len(done.err.splitlines()) == 3


def test_an_image_is_for_runs_that_were_trained_on_images(folder):
    np.savez("d.npz", x_train=np.ones((4, 2)), y_train=np.eye(4, 10))
    spec = mnist(data={"source": {"npz": str(folder / "d.npz")}})
    run = TrainedRun.open(trained(spec, folder / "runs").run)
    with pytest.raises(DataError, match="is an image, and the run's data are no images in files"):
        run.rows("photos/a/0.png")
