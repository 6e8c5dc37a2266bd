"""Published data sets: files that are there, downloads from the test's server, and failures."""

from __future__ import annotations

import gzip
import hashlib
import io
import logging
import struct
import sys
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

from nnspec.backends.environment_variables import data_folder
from nnspec.data.formats import downloads
from nnspec.data.formats.downloads import PublishedFile
from nnspec.data.sources import read_source
from nnspec.errors import DataError, NnspecError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component

pooch = pytest.importorskip("pooch")
RANDOM = np.random.default_rng(0)


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return gzip.compress(head + array.tobytes())


def cifar(folder, labels, **rows):
    """The archive of a binary version, and its images and labels by their members."""
    content, truth = io.BytesIO(), {}
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name, count in rows.items():
            images = RANDOM.integers(0, 256, (count, 32, 32, 3), "u1")
            classes = RANDOM.integers(0, 10, (count, labels), "u1")
            records = np.concatenate([classes, images.transpose(0, 3, 1, 2).reshape(count, -1)], 1)
            member = tarfile.TarInfo(f"{folder}/{name}.bin")
            member.size = records.nbytes
            archive.addfile(member, io.BytesIO(records.tobytes()))
            truth[name] = images, classes
    return content.getvalue(), truth


BATCHES = {f"data_batch_{number}": 2 for number in range(1, 6)} | {"test_batch": 3}
CIFAR10, TRUTH10 = cifar("cifar-10-batches-bin", 1, **BATCHES)
CIFAR100, TRUTH100 = cifar("cifar-100-binary", 2, train=4, test=3)
CLOTHES = RANDOM.integers(0, 256, (5, 28, 28), "u1")
FILES = {
    "train-images-idx3-ubyte.gz": idx(CLOTHES),
    "train-labels-idx1-ubyte.gz": idx(np.arange(5, dtype="u1")),
    "t10k-images-idx3-ubyte.gz": idx(CLOTHES[:2]),
    "t10k-labels-idx1-ubyte.gz": idx(np.arange(2, dtype="u1")),
    "cifar-10-binary.tar.gz": CIFAR10,
    "cifar-100-binary.tar.gz": CIFAR100,
}


class Handler(SimpleHTTPRequestHandler):
    """Serves files, from a byte on where that is asked for, and notes what was asked for."""

    asked: ClassVar[list[tuple[str, str | None]]] = []
    ranges = True
    limit = None  # bytes after which the connection is cut off

    def do_GET(self):
        self.asked.append((self.path[1:], self.headers.get("Range")))
        content = FILES.get(self.path[1:])
        if content is None:
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1]) if self.ranges else 0
        if start >= len(content):
            self.send_error(416)
            return
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        self.wfile.write(content[start:][: self.limit])

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as found:
        thread = threading.Thread(target=partial(found.serve_forever, 0.01))
        thread.start()
        yield f"http://127.0.0.1:{found.server_port}"
        found.shutdown()
        thread.join()


@pytest.fixture
def published(monkeypatch, tmp_path):
    """A function that publishes the test's files at an address, and the empty NNSPEC_DATA."""
    monkeypatch.setenv("NNSPEC_DATA", str(tmp_path))
    monkeypatch.setattr(Handler, "asked", [])
    pooch.get_logger().setLevel(logging.WARNING)

    def publish(address):
        sums = {name: hashlib.sha256(content).hexdigest() for name, content in FILES.items()}
        moved = {
            dataset: tuple(PublishedFile(f"{address}/{f.name}", sums[f.name]) for f in files)
            for dataset, files in downloads.PUBLISHED.items()
        }
        monkeypatch.setattr(downloads, "PUBLISHED", moved)
        return tmp_path

    return publish


def read(value):
    return read_source(read_component("source", value), Path())


@pytest.mark.parametrize("kind", ["fashion_mnist", "cifar10", "cifar100"])
def test_shapes_are_known_without_a_file(kind):
    shape = (28, 28) if kind == "fashion_mnist" else (32, 32, 3)
    found = read_component("source", kind).data_spec(Path())
    assert found == (TensorSpec(shape, "uint8"), TensorSpec((), "uint8"))


def test_the_published_files_are_whole():
    for files in downloads.PUBLISHED.values():
        assert all(len(bytes.fromhex(file.sha256)) == 32 and file.name for file in files)


def test_files_are_downloaded_once(server, published):
    folder = published(server)
    for _ in range(2):
        train, test, _ = read("fashion_mnist")
        assert (train.inputs == CLOTHES).all()
        assert test.targets.tolist() == [0, 1]
    assert len(Handler.asked) == 4
    assert sorted(path.name for path in (folder / "fashion_mnist").iterdir()) == sorted(
        name for name in FILES if "idx" in name
    )


def test_cifar10_is_read_from_its_archive(server, published):
    published(server)
    train, test, _ = read({"cifar10": {"test_rows": 1}})
    parts = [TRUTH10[f"data_batch_{number}"] for number in range(1, 6)]
    assert (train.inputs == np.concatenate([images for images, _ in parts])).all()
    assert (train.targets == np.concatenate([classes[:, 0] for _, classes in parts])).all()
    assert test.inputs.shape == (1, 32, 32, 3)
    assert train.inputs.flags.c_contiguous


@pytest.mark.parametrize(("labels", "column"), [("coarse", 0), ("fine", 1)])
def test_cifar100_has_fine_and_coarse_labels(server, published, labels, column):
    published(server)
    train, test, _ = read({"cifar100": {"labels": labels}})
    assert (train.targets == TRUTH100["train"][1][:, column]).all()
    assert (test.inputs == TRUTH100["test"][0]).all()


def test_files_that_are_there_need_no_server(published):
    folder = published("http://127.0.0.1:9")
    (folder / "cifar100").mkdir()
    (folder / "cifar100" / "cifar-100-binary.tar.gz").write_bytes(CIFAR100)
    assert read("cifar100").train.rows == 4


@pytest.mark.parametrize(
    ("size", "ranges", "asked"),
    [
        (1000, True, ["bytes=1000-"]),
        (1000, False, ["bytes=1000-"]),  # a server that always sends all of it
        (len(CIFAR10) + 5, True, [f"bytes={len(CIFAR10) + 5}-", None]),
    ],
)
def test_an_interrupted_download_goes_on(server, published, monkeypatch, size, ranges, asked):
    folder = published(server) / "cifar10"
    monkeypatch.setattr(Handler, "ranges", ranges)
    folder.mkdir()
    part = folder / "cifar-10-binary.tar.gz.part"
    part.write_bytes((CIFAR10 + bytes(5))[:size])
    assert read("cifar10").train.rows == 10
    assert [start for _, start in Handler.asked] == asked
    assert not part.exists()


def test_a_file_that_is_not_the_published_one_is_refused(server, published):
    folder = published(server) / "cifar10"
    folder.mkdir()
    (folder / "cifar-10-binary.tar.gz.part").write_bytes(b"x" * 1000)
    with pytest.raises(DataError, match="what came is not the published file"):
        read("cifar10")
    assert list(folder.iterdir()) == []
    (folder / "cifar-10-binary.tar.gz").write_bytes(CIFAR10[:-1])
    with pytest.raises(DataError, match="is not the published file: its SHA-256 is") as caught:
        read("cifar10")
    assert caught.value.problems[0].hint.startswith("delete it")


def test_without_a_connection_the_files_and_their_places_are_named(published):
    folder = published("http://127.0.0.1:9")
    with pytest.raises(DataError, match="no connection") as caught:
        read("fashion_mnist")
    (problem,) = caught.value.problems
    assert all(name in problem.message for name in FILES if "idx" in name)
    assert "http://127.0.0.1:9" in problem.message
    assert str(folder / "fashion_mnist") in problem.hint
    assert "NNSPEC_DATA" in problem.hint
    assert "curl -O http" in problem.hint


def test_what_has_come_before_a_connection_is_cut_off_is_kept(server, published, monkeypatch):
    folder = published(server) / "cifar10"
    monkeypatch.setattr(downloads, "_CHUNK", 1000)
    monkeypatch.setattr(Handler, "limit", 3000)
    with pytest.raises(DataError, match="cut off; the next try goes on from there"):
        read("cifar10")
    assert (folder / "cifar-10-binary.tar.gz.part").read_bytes() == CIFAR10[:3000]
    monkeypatch.setattr(Handler, "limit", None)
    assert read("cifar10").train.rows == 10
    assert Handler.asked[-1][1] == "bytes=3000-"


def test_a_file_that_the_server_lacks(server, published):
    published(f"{server}/nowhere")
    with pytest.raises(DataError, match="the server answers 404"):
        read("cifar10")


def test_without_pooch_the_extra_is_named(published, monkeypatch):
    published("http://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataError, match=r"nnspec\[download\]"):
        read("cifar10")


def test_the_folder_of_the_data_must_be_one(monkeypatch, tmp_path):
    monkeypatch.setenv("NNSPEC_DATA", str(tmp_path / "none"))
    with pytest.raises(NnspecError, match="NNSPEC_DATA must be a folder") as caught:
        data_folder()
    assert str(caught.value.problems[0].where) == "environment variable NNSPEC_DATA:1:1"
    monkeypatch.setenv("NNSPEC_DATA", "")
    assert data_folder() is None


def test_more_rows_than_there_are_is_an_error():
    with pytest.raises(NnspecError, match="cifar10 has 50,000 training and 10,000 test rows"):
        read_component("source", {"cifar10": {"train_rows": 50_001}})
