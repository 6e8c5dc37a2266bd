"""Streamed data give what the same data in memory give, to the last bit."""

from __future__ import annotations

import os
from collections import namedtuple
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nnspec.data import formats, image_files, image_pixels
from nnspec.data.rows import Refusal
from nnspec.data.streaming import column_store, stored_images, temporary_array
from nnspec.errors import NnspecError
from nnspec.runs.trained import TrainedRun
from nnspec.runs.trainer import run
from nnspec.spec import loader
from nnspec.training import batch_plan
from nnspec.training.sampling import pass_batches
from tests.image_folders import write_image

FORMATS = "JPEG, PNG, GIF, BMP, WEBP, TIFF file"

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


@pytest.mark.parametrize("per_epoch", [2, 7, 50])
def test_epochs_of_so_many_steps_are_streamed_to_the_same_bits(tmp_path, per_epoch):
    write_table(tmp_path)
    options = ["train.shuffle_window=64", "train.steps=45"]
    whole = trained(tmp_path, TABLE, *options)
    length = f"train.steps_per_epoch={per_epoch}"
    streamed = trained(tmp_path, TABLE, *options, length, "data.stream=true")
    assert streamed.weights_sha256 == whole.weights_sha256
    assert len(streamed.epochs) == -(-45 // per_epoch)


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


def test_images_that_are_skipped_are_not_read_along_with_others(tmp_path, monkeypatch):
    write_images(tmp_path)
    (tmp_path / "photos" / "dog" / "5.png").write_bytes(b"no image")
    monkeypatch.setattr(stored_images, "_BLOCK_BYTES", 400)  # so that it is not in the first block
    source = "data.source={images: {path: photos, on_error: skip}}"
    memory = trained(tmp_path, IMAGES, source)
    streamed = trained(tmp_path, IMAGES, source, "data.stream=true")
    assert memory.weights_sha256 == streamed.weights_sha256
    assert memory.rows == streamed.rows
    assert streamed.rows.refused == (Refusal("dog/5.png", "is no intact " + FORMATS),)


@pytest.mark.parametrize("stream", ["false", "true"])
def test_each_image_is_read_once(tmp_path, monkeypatch, stream):
    def counted(path, *arguments):
        read.append(path)
        return formats.images.decode_image(path, *arguments)

    read = []
    write_images(tmp_path)
    monkeypatch.setattr(image_pixels, "decode_image", counted)
    trained(tmp_path, IMAGES, f"data.stream={stream}", "data.inputs=[standardize]")
    assert len(read) == len(set(read)) == 20


def test_images_that_change_after_they_were_read_change_nothing(tmp_path, monkeypatch):
    def replace(*arguments):
        (tmp_path / "photos" / "dog" / "3.png").write_bytes(b"no image any more")
        (tmp_path / "photos" / "dog" / "4.png").unlink(missing_ok=True)
        return pass_batches(*arguments)

    write_images(tmp_path)
    memory = trained(tmp_path, IMAGES)
    monkeypatch.setattr(batch_plan, "pass_batches", replace)
    streamed = trained(tmp_path, IMAGES, "data.stream=true")
    assert memory.weights_sha256 == streamed.weights_sha256
    assert list((tmp_path / "cache").iterdir()) == []


def cut_off(folder):
    (folder / "photos" / "dog" / "8.png").write_bytes(b"no image")


def vanishes(folder):
    (folder / "photos" / "dog" / "8.png").unlink()


def grows(folder):
    write_image(folder / "photos" / "dog" / "8.png", np.zeros((7, 5, 3), "u1"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (cut_off, r"dog/8\.png' is no intact"),
        (vanishes, r"dog/8\.png' cannot be read: No such file"),
        (grows, r"dog/8\.png' is 7x5, '.*/cat/0\.png' 6x5"),
    ],
)
def test_an_image_that_changes_while_images_are_read_is_one_located_message(
    tmp_path, monkeypatch, change, message
):
    def after_the_first_block(*arguments):
        found = image_files.decode_images(*arguments)
        change(tmp_path) if (tmp_path / "photos" / "dog" / "8.png").exists() else None
        return found

    write_images(tmp_path)
    monkeypatch.setattr(stored_images, "_BLOCK_BYTES", 400)
    monkeypatch.setattr(stored_images, "decode_images", after_the_first_block)
    with pytest.raises(NnspecError, match=rf"s\.yaml:3:\d+: error: .*{message}"):
        trained(tmp_path, IMAGES, "data.stream=true")
    assert not (tmp_path / "runs").exists()


def test_a_folder_without_images_is_one_located_message(tmp_path):
    (tmp_path / "photos" / "cat").mkdir(parents=True)
    with pytest.raises(
        NnspecError, match=r"s\.yaml:3:\d+: error: .*photos' has no sub-folder with images"
    ):
        trained(tmp_path, IMAGES, "data.stream=true")


def test_a_disk_without_place_for_all_images_is_told_before_one_is_read(tmp_path, monkeypatch):
    write_images(tmp_path)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(temporary_array.shutil, "disk_usage", lambda _: usage(1799))
    with pytest.raises(NnspecError, match=r"s\.yaml:3:\d+: error: .*1\.8e-06 GB are free in"):
        trained(tmp_path, IMAGES, "data.stream=true")
    monkeypatch.setattr(temporary_array.shutil, "disk_usage", lambda _: usage(1800))
    assert trained(tmp_path, IMAGES, "data.stream=true").rows.used == 20


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full device")
def test_a_disk_that_is_full_while_images_are_read_is_told(tmp_path, monkeypatch):
    write_images(tmp_path)
    full = partial(Path("/dev/full").open, "wb", buffering=0)
    monkeypatch.setattr(temporary_array.tempfile, "TemporaryFile", lambda **_: full())
    with pytest.raises(NnspecError, match=r"s\.yaml:3:\d+: error: .*No space left on device"):
        trained(tmp_path, IMAGES, "data.stream=true")
    assert not (tmp_path / "runs").exists()


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
