"""Sources that cannot be read: one located message of a few lines, and no run folder."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.image_folders import write_classes
from tests.small_runs import mnist

ROWS = np.ones((3, 2), "u1")
IDX = bytes([0, 0, 8, 2, 0, 0, 0, 3, 0, 0, 0, 2]) + ROWS.tobytes()
LABELS = bytes([0, 0, 8, 1, 0, 0, 0, 3, 0, 1, 2])


def npy(array, **options):
    def write(path):
        with path.open("wb") as file:
            np.save(file, array, **options)

    return write


def npz(**arrays):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return write


def content(data):
    return lambda path: path.write_bytes(data)


RAGGED = np.array([[1, 2], [3]], object)
SOURCES = {
    "npy missing": ("npy", {}, "there is no file"),
    "npy empty": ("npy", {"x": content(b""), "y": npy(ROWS)}, "'x' is empty"),
    "npy cut off": ("npy", {"x": content(b"\x93NUMPY\x01\0"), "y": npy(ROWS)}, "no NumPy header"),
    "npy ragged": ("npy", {"x": npy(RAGGED), "y": npy(ROWS)}, "not objects"),
    "npy pickle": ("npy", {"x": content(pickle.dumps([1])), "y": npy(ROWS)}, "no NumPy header"),
    "npy lengths": ("npy", {"x": npy(ROWS), "y": npy(ROWS[:2])}, "3 rows in 'x' and 2 in 'y'"),
    "idx missing": ("idx", {}, "there is no file"),
    "idx empty": ("idx", {"x": content(b""), "y": content(IDX)}, "it is empty"),
    "idx magic": ("idx", {"x": content(b"\1" + IDX[1:]), "y": content(IDX)}, "no IDX file"),
    "idx cut off": ("idx", {"x": content(IDX[:-1]), "y": content(IDX)}, "cut off"),
    "idx cut off in gzip": (
        "idx", {"x": content(gzip.compress(IDX)[:-3]), "y": content(LABELS)}, "gzip data have no",
    ),
    "npz ragged": ("npz", {"x": npz(x_train=RAGGED, y_train=ROWS)}, "not objects"),
    "npz empty": ("npz", {"x": content(b"")}, "no sound .npz archive"),
    "npz lengths": ("npz", {"x": npz(x_train=ROWS, y_train=ROWS[:2])}, "different numbers of rows"),
}  # fmt: skip


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_that_cannot_be_read_is_one_located_message(nnspec, name):
    kind, files, message = SOURCES[name]
    for file, write in files.items():
        write(Path(file))
    options = {"path": "x"} if kind == "npz" else {"inputs": "x", "targets": "y"}
    data = {"source": {kind: options}}
    values = mnist(data=data, loss="sparse_categorical_crossentropy")
    assert_one_message(nnspec("run", written(Path(), values)), message)


def spoil_folder():
    """A folder without images."""
    Path("x").mkdir()


def spoil_image():
    write_classes(Path("x"))
    Path("x/a/1.png").write_bytes(b"nonsense")


def spoil_cut():
    write_classes(Path("x"))
    Path("x/b/2.png").write_bytes(Path("x/b/2.png").read_bytes()[:60])


def spoil_size():
    write_classes(Path("x"))
    write_classes(Path("x"), names="c", height=3)


IMAGES = {
    "has no sub-folder with images": spoil_folder,
    "x/a/1.png' is no intact": spoil_image,
    "x/b/2.png' is cut off or damaged": spoil_cut,
    "is 3x4, ": spoil_size,
    "there is no folder or file": lambda: None,
}


@pytest.mark.parametrize("message", IMAGES)
def test_images_that_cannot_be_read_are_one_located_message(nnspec, message):
    IMAGES[message]()
    source = {"images": {"path": "x"}}
    values = mnist(data={"source": source, "inputs": ["flatten"], "targets": ["one_hot"]})
    assert_one_message(nnspec("run", written(Path(), values)), message)


def test_images_that_are_skipped_are_counted_and_named(nnspec):
    spoil_cut()
    source = {"images": {"path": "x", "on_error": "skip"}}
    network = {"layers": [{"dense": {"units": 2, "activation": "softmax"}}]}
    data = {"source": source, "inputs": ["flatten"], "targets": ["one_hot"]}
    done = nnspec("run", written(Path(), mnist(data=data, network=network)))
    assert done.code == 0
    assert "6 rows read, 5 used, 1 refused (b/2.png: is cut off or damaged)" in done.err


def assert_one_message(done, message):
    assert done.code == 2, done.err
    assert message in done.err
    assert done.err.startswith("small.yaml:")
    assert done.err.count(" error: ") == 1
    assert len(done.err.splitlines()) <= 4
    assert not Path("runs").exists()
