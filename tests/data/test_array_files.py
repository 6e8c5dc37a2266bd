"""Sources with a file for each array: `.npy` and IDX files, and large arrays of `.npz` archives."""

from __future__ import annotations

import gzip
import struct

import numpy as np
import pytest

from nnspec.data.formats import npz_members
from nnspec.data.formats.idx import load_idx
from nnspec.data.sources import read_source, read_unlabelled
from nnspec.data.splits import Splits, data_sha256
from nnspec.errors import DataError, NnspecError, ShapeError
from nnspec.graph.compile import compile_spec
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component
from nnspec.spec import loader
from nnspec.training.session import TrainingSession
from tests.small_runs import mnist, spec

X = np.arange(24, dtype=np.float32).reshape(6, 2, 2)
Y = np.arange(6)
CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}


def source(value):
    return read_component("source", value)


def idx(array):
    """The bytes of an IDX file, by the format's description."""
    code = CODES[array.dtype.str[1:]]
    sizes = struct.pack(f">{array.ndim}I", *array.shape)
    return (
        bytes([0, 0, code, array.ndim])
        + sizes
        + array.astype(array.dtype.newbyteorder(">")).tobytes()
    )


@pytest.fixture
def folder(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    (tmp_path / "x.idx").write_bytes(idx(X.astype("u1")))
    (tmp_path / "y.gz").write_bytes(gzip.compress(idx(Y.astype("i4"))))
    return tmp_path


def test_npy_files_are_mapped_and_known_from_their_headers(folder):
    found = source({"npy": {"inputs": "x.npy", "targets": "y.npy"}})
    assert found.data_spec(folder) == (TensorSpec((2, 2), "float32"), TensorSpec((), "int64"))
    train, test, _ = read_source(found, folder)
    assert isinstance(train.inputs, np.memmap)
    assert (train.inputs == X).all()
    assert (train.targets == Y).all()
    assert test is None


def test_several_arrays_and_test_rows_have_names(folder):
    value = {
        "inputs": {"a": "x.npy", "b": "y.npy"}, "targets": "y.npy",
        "test_inputs": {"a": "x.npy", "b": "y.npy"}, "test_targets": "y.npy",
    }  # fmt: skip
    found = source({"npy": value})
    assert list(found.data_spec(folder).inputs) == ["a", "b"]
    test = read_source(found, folder).test
    assert list(test.inputs) == ["a", "b"]
    assert test.origin.row("a", 3) == "test row 3 of x.npy"


@pytest.mark.parametrize("kind", ["npy", "idx"])
def test_test_inputs_without_targets_can_be_predicted_alone(folder, kind):
    x, y = {"npy": ("x.npy", "y.npy"), "idx": ("x.idx", "y.gz")}[kind]
    found = source({kind: {"inputs": x, "targets": y, "test_inputs": x}})
    assert read_source(found, folder).test is None
    assert (read_unlabelled(found, folder) == X).all()
    assert found.lacks_test(folder) == "test_targets beside test_inputs"


@pytest.mark.parametrize("dtype", CODES)
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_idx_files_of_every_type(tmp_path, dtype, compress):
    array = np.array([[0, 1, 127], [3, 4, 5]], dtype)
    (tmp_path / "x").write_bytes(compress(idx(array)))
    found = source({"idx": {"inputs": "x", "targets": "x"}})
    assert found.data_spec(tmp_path).inputs == TensorSpec((3,), np.dtype(dtype).name)
    read = read_source(found, tmp_path).train.inputs
    assert read.dtype.name == np.dtype(dtype).name
    assert (read == array).all()
    assert isinstance(read, np.memmap) == (compress is bytes)


WHOLE = idx(np.ones((50, 4), "u1"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX file"),
        (b"\x08\x03", "no IDX file"),
        (b"\x01" + WHOLE[1:], "no IDX file"),
        (b"\0\0\x0a" + WHOLE[3:], "no IDX file"),
        (WHOLE[:9], "cut off in its header"),
        (WHOLE[:-3], "cut off: 3 bytes of its numbers are missing"),
        (WHOLE + b"1", "holds more than"),
        (idx(np.ones((0, 4), "u1")), "it needs rows"),
        (gzip.compress(WHOLE)[:-9], "its gzip data have no end"),
        (gzip.compress(WHOLE)[:5], "its gzip data have no end"),
        (gzip.compress(WHOLE + b"1"), "holds more than"),
        (gzip.compress(WHOLE)[:-8] + bytes(8), "gzip cannot read it"),
        (b"\x1f\x8b" + bytes(30), "gzip cannot read it"),
    ],
    ids=range(13),
)
def test_a_damaged_idx_file_is_an_error(tmp_path, content, message):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ShapeError, match=message):
        load_idx(tmp_path / "x")


def test_any_damaged_byte_of_a_compressed_file_is_found(tmp_path):
    whole = gzip.compress(WHOLE, mtime=0)
    for at in range(len(whole)):
        (tmp_path / "x").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        try:
            assert (load_idx(tmp_path / "x") == 1).all()  # a byte of the header that says nothing
        except ShapeError:
            continue


SPEC = """\
data:
  source:
    {kind}: {{inputs: x, targets: y}}
network: {{layers: [flatten, {{dense: 1}}]}}
loss: mean_squared_error
optimizer: sgd
"""


@pytest.mark.parametrize("kind", ["npy", "idx"])
@pytest.mark.parametrize(
    ("x", "y", "message", "column"),
    [
        (None, 3, "there is no file", 19),
        (2, 3, "2 rows in 'x' and 3 in 'y'", 31),
        ("cut", 3, "'x' is cut off", 19),
        (3, "empty", "empty", 31),
    ],
)
def test_the_file_to_blame_is_pointed_at(tmp_path, kind, x, y, message, column):
    for name, rows in (("x", x), ("y", y)):
        path, whole = tmp_path / name, np.ones((rows if isinstance(rows, int) else 2, 2), "f4")
        with path.open("wb") as file:
            np.save(file, whole) if kind == "npy" else file.write(idx(whole))
        if rows is None:
            path.unlink()
        elif rows in ("cut", "empty"):
            path.write_bytes(b"" if rows == "empty" else path.read_bytes()[:-5])
    (tmp_path / "a.yaml").write_text(SPEC.format(kind=kind))
    with pytest.raises(NnspecError) as caught:
        compile_spec(loader.load(tmp_path / "a.yaml"))
    (problem,) = caught.value.problems
    assert message in f"{problem.message} {problem.hint}"
    assert (problem.where.line, problem.where.column) == (2, column - 1)


def test_objects_and_ragged_rows_are_never_read(tmp_path):
    with (tmp_path / "x.npy").open("wb") as file:
        np.save(file, np.array([[1], [2, 3]], object), allow_pickle=True)
    found = source({"npy": {"inputs": "x.npy", "targets": "x.npy"}})
    for read in (found.data_spec, lambda folder: read_source(found, folder)):
        with pytest.raises((ShapeError, DataError), match="real numbers, not objects"):
            read(tmp_path)


def test_a_network_learns_the_same_from_mapped_and_from_written_rows(folder):
    written = {"rows": {"inputs": X.tolist(), "targets": Y.tolist()}}
    mapped = {"npy": {"inputs": str(folder / "x.npy"), "targets": str(folder / "y.npy")}}
    steps = [[], ["standardize"], ["flatten", {"divide": 2}]]
    for inputs in steps:
        data = [
            {"source": one, "inputs": inputs, "targets": [{"one_hot": 10}]}
            for one in (written, mapped)
        ]
        layers = {"layers": ["flatten", {"dense": {"units": 10, "activation": "softmax"}}]}
        one, other = (
            TrainingSession.prepare(spec(mnist(data=each, network=layers))).splits.train
            for each in data
        )
        assert (np.asarray(one.inputs) == np.asarray(other.inputs)).all()


def test_large_arrays_of_an_archive_are_mapped(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_members, "MAPPED_BYTES", 1)
    arrays = {"x_train": np.asfortranarray(np.arange(12.0).reshape(4, 3)), "y_train": np.arange(4)}
    np.savez(tmp_path / "a.npz", **arrays)
    np.savez_compressed(tmp_path / "b.npz", **arrays)
    mapped, read = (read_source(source({"npz": f"{n}.npz"}), tmp_path).train for n in "ab")
    for found, is_map in ((mapped, True), (read, False)):
        assert (found.inputs == arrays["x_train"]).all()
        assert isinstance(found.inputs, np.memmap) == is_map
    assert data_sha256(Splits(mapped, None, None)) == data_sha256(Splits(read, None, None))


def test_a_damaged_byte_of_a_mapped_array_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_members, "MAPPED_BYTES", 1)
    np.savez(tmp_path / "a.npz", x_train=np.ones((50, 3)), y_train=np.ones(50))
    whole = (tmp_path / "a.npz").read_bytes()
    for at in range(0, len(whole), 13):
        damaged = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        (tmp_path / "a.npz").write_bytes(damaged)
        try:
            train = read_source(source({"npz": "a.npz"}), tmp_path).train
        except DataError:
            continue
        assert (train.inputs == 1).all()


def test_the_hash_of_the_data_is_that_of_all_their_bytes():
    from nnspec.data.rows import Rows

    rows = Rows(np.arange(10_000.0).reshape(-1, 2)[::-1], np.arange(5000))
    small = Rows(rows.inputs.copy(), rows.targets)
    assert data_sha256(Splits(rows, None, None)) == data_sha256(Splits(small, None, None))
