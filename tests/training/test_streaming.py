"""Streamed data give what the same data in memory give, to the last bit."""

from __future__ import annotations

import os

import numpy as np
import pytest
from PIL import Image

from nnspec.data.streaming import column_store
from nnspec.data.streaming.stored_images import StoredImages
from nnspec.errors import NnspecError
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.training import loop
from nnspec.training.sampling import epoch_batches

TABLE = """
data:
  source: {csv: {path: t.csv, on_error: skip}}
  inputs:
    - {columns: [a, b], steps: [impute, standardize]}
    - {columns: city, steps: [one_hot]}
  targets: {columns: y}
  split: {validation: 0.2, test: 0.1}
network: {layers: [{dense: {units: 4, activation: relu}}, {dense: 1}]}
loss: mean_squared_error
optimizer: {adam: 0.01}
train: {epochs: 2, batch_size: 16, shuffle_window: 64}
"""
IMAGES = """
data:
  source: {images: photos}
  inputs: [{divide: 255}]
  targets: [one_hot]
  augment: [random_flip, {random_translation: {height_factor: 0.2, width_factor: 0.2}}]
network: {layers: [flatten, {dense: {units: 2, activation: softmax}}]}
loss: categorical_crossentropy
optimizer: {adam: 0.01}
train: {epochs: 2, batch_size: 4, shuffle_window: 8}
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NNSPEC_CACHE", str(tmp_path / "cache"))


def write_table(folder, rows=300):
    rng = np.random.default_rng(0)
    with (folder / "t.csv").open("w") as file:
        file.write("a,b,city,y\n")
        for row in range(rows):
            a = "" if row % 7 == 3 else f"{rng.normal():.4f}"
            target = "" if row == 50 else f"{rng.normal():.4f}"
            file.write(f'{a},{row % 5 if row < 100 else row / 8},"x\n{row % 3}",{target}\n')


def write_images(folder):
    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(10):
            pixels = rng.integers(0, 256, (6, 5, 3), np.uint8)
            Image.fromarray(pixels).save(folder / "photos" / name / f"{number}.png")


def trained(folder, text, *overrides):
    path = folder / "s.yaml"
    path.write_text(text, encoding="utf-8")
    return run(loader.load(path, overrides), out=folder / "runs")


@pytest.mark.parametrize("window", [24, 64, 10_000])
def test_a_streamed_table_trains_to_the_same_bits(tmp_path, window):
    write_table(tmp_path)
    size = f"train.shuffle_window={window}"
    memory = trained(tmp_path, TABLE, size)
    streamed = trained(tmp_path, TABLE, size, "data.stream=true")
    again = trained(tmp_path, TABLE, size, "data.stream=true")
    assert memory.weights_sha256 == streamed.weights_sha256 == again.weights_sha256
    assert memory.metrics == streamed.metrics == again.metrics
    assert memory.rows == streamed.rows == again.rows
    assert len(again.rows.refused) == 1


def test_streamed_columns_without_steps_train_to_the_same_bits(tmp_path):
    write_table(tmp_path)
    bare = TABLE.replace("[a, b], steps: [impute, standardize]", "[b]")
    memory, streamed = (
        trained(tmp_path, bare, f"data.stream={stream}") for stream in ("false", "true")
    )
    assert memory.weights_sha256 == streamed.weights_sha256


def test_streamed_images_train_to_the_same_bits(tmp_path):
    write_images(tmp_path)
    (tmp_path / "photos" / "cat" / "3.png").write_bytes(b"none")  # not read along with others
    skip = ["data.source.images.on_error=skip", "data.split={test: 0.2}"]
    memory = trained(tmp_path, IMAGES, *skip)
    streamed = trained(tmp_path, IMAGES, *skip, "data.stream=true")
    assert memory.weights_sha256 == streamed.weights_sha256
    assert memory.metrics == streamed.metrics
    assert len(streamed.rows.refused) == 1


@pytest.mark.parametrize("text", [TABLE, IMAGES])
def test_rows_of_a_streamed_run_are_predicted_like_others(tmp_path, text):
    (write_table if text is TABLE else write_images)(tmp_path)
    found = []
    for stream in ("false", "true"):
        finished = trained(tmp_path, text, f"data.stream={stream}")
        done = TrainedRun.open(finished.run)
        rows = done.split_rows(done.data().splits, "train")
        found.append(done.predict_outputs(rows.raw, rows.origin).popitem()[1])
    assert np.array_equal(*found)


def test_images_that_are_skipped_are_not_read_along_with_others(tmp_path):
    write_images(tmp_path)
    (tmp_path / "photos" / "cat" / "5.png").write_bytes(b"no image")
    source = "data.source={images: {path: photos, on_error: skip}}"
    memory = trained(tmp_path, IMAGES, source)
    streamed = trained(tmp_path, IMAGES, source, "data.stream=true")
    assert memory.weights_sha256 == streamed.weights_sha256
    assert (streamed.rows.used, len(streamed.rows.refused)) == (19, 1)


def test_only_the_images_that_are_taken_are_decoded(tmp_path):
    write_images(tmp_path)
    paths = sorted((tmp_path / "photos" / "cat").iterdir())
    paths[1].unlink()
    images = StoredImages(paths, "rgb", (6, 5))
    assert np.asarray(images[np.array([0, 2])]).shape == (2, 6, 5, 3)


def test_an_image_that_is_replaced_while_it_is_trained_on_is_one_located_message(
    tmp_path, monkeypatch
):
    def replace(*arguments):
        (tmp_path / "photos" / "dog" / "3.png").write_bytes(b"no image any more")
        return epoch_batches(*arguments)

    write_images(tmp_path)
    monkeypatch.setattr(loop, "epoch_batches", replace)
    with pytest.raises(NnspecError, match=r"s\.yaml:3:\d+: error: .*3\.png' is no intact"):
        trained(tmp_path, IMAGES, "data.stream=true")


def test_a_table_that_changed_is_read_again(tmp_path):
    write_table(tmp_path)
    before = trained(tmp_path, TABLE, "data.stream=true")
    write_table(tmp_path, 301)
    os.utime(tmp_path / "t.csv", ns=(1, 1))
    after = trained(tmp_path, TABLE, "data.stream=true")
    assert (before.rows.used, after.rows.used) == (299, 300)
    assert len(list((tmp_path / "cache" / "tables").iterdir())) == 2


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    write_table(tmp_path)
    monkeypatch.setattr(column_store, "_write_list", full)
    with pytest.raises(NnspecError, match="No space left on device"):
        trained(tmp_path, TABLE, "data.stream=true")
    assert list((tmp_path / "cache" / "tables").iterdir()) == []
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["train.shuffle_window=null"], "to shuffle streamed rows a window is needed"),
        (["train.batch_size=all"], "a batch of all rows cannot be streamed"),
        (["data.leaks=error"], "leaks between streamed rows are not looked for"),
    ],
)
def test_what_needs_all_rows_in_memory_is_refused(tmp_path, changes, message):
    write_table(tmp_path)
    with pytest.raises(NnspecError, match=message):
        trained(tmp_path, TABLE, "data.stream=true", *changes)
