from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnspec.components.sources.npz_header import npz_specs, read_headers
from nnspec.errors import ShapeError, SpecError
from nnspec.graph.compile import compile_spec
from nnspec.options.tensor_spec import TensorSpec
from nnspec.spec.loader import load


def _archive(path: Path, **arrays: Any) -> Path:
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    "dtype",
    [
        "bool",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint8",
        "uint64",
        "float16",
        "float32",
        "float64",
        ">f4",
    ],
)
@pytest.mark.parametrize("shape", [(3,), (3, 2), (1, 4, 5, 6)])
def test_a_header_says_what_numpy_reads(tmp_path: Path, dtype: str, shape: tuple[int, ...]) -> None:
    array = np.zeros(shape, dtype)
    found = read_headers(_archive(tmp_path / "a.npz", x=array), ["x"])
    assert found == {"x": (array.shape, array.dtype.newbyteorder("=").name)}


def test_compressed_and_fortran_ordered_arrays(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", x=np.asfortranarray(np.ones((5, 3))), y=np.arange(5))
    specs = [TensorSpec((3,), "float64"), TensorSpec((), "int64")]
    assert npz_specs(tmp_path / "a.npz", ["x", "y"]) == specs


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"x": np.array([{}], dtype=object)}, "must hold real numbers, not objects"),
        ({"x": np.array(["a"])}, "not text"),
        ({"x": np.zeros(2, "g")}, "not floats of more than 64 bits"),
        ({"x": np.zeros(2, [("a", "f4")])}, "not records"),
        ({"x": np.zeros(2, "c8")}, "not complex numbers"),
        ({"x": np.float64(3)}, "needs rows"),
        ({"x": np.zeros((0, 3))}, "needs rows"),
        ({"xs": np.zeros(3)}, "no array 'x'"),
        ({"x": np.zeros(3), "y": np.zeros(4)}, "3 in x and 4 in y"),
    ],
)
def test_arrays_that_are_no_rows_of_numbers(tmp_path: Path, arrays: Any, said: str) -> None:
    names = ["x", "y"] if "y" in arrays else ["x"]
    with pytest.raises(ShapeError, match=said):
        npz_specs(_archive(tmp_path / "a.npz", **arrays), names)


@pytest.mark.parametrize(
    "member",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x01\x00",
        b"\x93NUMPY\x01\x00\xff\xff{",
        b"\x93NUMPY\x09\x00\x02\x00{}",
        b"\x93NUMPY\x01\x00\x02\x00[]",
        b"\x93NUMPY\x01\x00\x02\x00\xff\xff",
        b"garbage",
        b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16,
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"(" * 20_000,
        b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': '<f8', 'shape': (-1,)}".ljust(64),
        b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': '<f8', 'shape': (True, 'a')}".ljust(64),
        b"\x93NUMPY\x01\x00\x40\x00" + b"{'descr': [], 'shape': 3}".ljust(64),
        b"\x93NUMPY\x01\x00\x40\x00" + b"{'shape': (3,)}".ljust(64),
    ],
)
def test_a_damaged_header_is_refused(tmp_path: Path, member: bytes) -> None:
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(ShapeError):
        npz_specs(tmp_path / "a.npz", ["x"])


def test_files_that_are_no_archive(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no zip")
    sound = _archive(tmp_path / "sound.npz", x=np.arange(1000.0)).read_bytes()
    (tmp_path / "half.npz").write_bytes(sound[: len(sound) // 2])
    (tmp_path / "spoilt.npz").write_bytes(sound[:30] + b"\xff" * 60 + sound[90:])
    os.mkfifo(tmp_path / "pipe.npz")
    for name in (
        "text.npz",
        "half.npz",
        "spoilt.npz",
        "pipe.npz",
        "none.npz",
        ".",
        "a\0b",
        "x" * 5000,
    ):
        with pytest.raises(ShapeError):
            npz_specs(tmp_path / name, ["x"])


SPEC = """
data:
  source: {npz: {path: data.npz}}
  inputs: [flatten]
network:
  layers: [{dense: 3}]
loss: mean_squared_error
"""


def _load(folder: Path) -> Any:
    (folder / "a.yaml").write_text(SPEC)
    return compile_spec(load(folder / "a.yaml"))


def test_the_network_takes_its_input_from_the_archive(tmp_path: Path) -> None:
    _archive(tmp_path / "data.npz", x_train=np.zeros((5, 2, 4)), y_train=np.zeros((5, 3)))
    assert _load(tmp_path).input_shape == (8,)


def test_shape_mistakes_are_found_before_training(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"a\.yaml:3:\d+: error: there is no file"):
        _load(tmp_path)
    _archive(tmp_path / "data.npz", x_train=np.zeros((5, 2, 4)))
    with pytest.raises(
        SpecError, match=r"a\.yaml:3:\d+: error: the archive has no array 'y_train'"
    ):
        _load(tmp_path)
    _archive(tmp_path / "data.npz", x_train=np.zeros((5, 2, 4)), y_train=np.zeros((5, 7)))
    with pytest.raises(SpecError, match="the targets have 7 columns and the network ends in 3"):
        _load(tmp_path)


@pytest.mark.parametrize(
    ("source", "column", "said"),
    [
        ("{npz: none.npz}", 17, "the path is relative to the spec"),
        ("{npz: {path: none.npz}}", 24, "there is no file"),
        ("{npz: inner}", 17, "is a folder"),
        ("{npz: {path: data.npz, inputs: nope}}", 42, "did you mean|known: x_train, y_train"),
        ("{npz: {path: data.npz, inputs: {a: x_train, b: y}}}", 58, "no array 'y'"),
    ],
)
def test_the_option_to_blame_is_pointed_at(
    tmp_path: Path, source: str, column: int, said: str
) -> None:
    _archive(tmp_path / "data.npz", x_train=np.zeros((5, 8)), y_train=np.zeros((5, 3)))
    (tmp_path / "inner").mkdir()
    (tmp_path / "a.yaml").write_text(SPEC.replace("{npz: {path: data.npz}}", source))
    with pytest.raises(SpecError, match=said) as caught:
        compile_spec(load(tmp_path / "a.yaml"))
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert (problem.where.line, problem.where.column + 1) == (2, column)


def test_only_a_relative_path_is_said_to_be_one(tmp_path: Path) -> None:
    for path in (f"{tmp_path}/none.npz", "~/none.npz"):
        (tmp_path / "a.yaml").write_text(SPEC.replace("data.npz", path))
        with pytest.raises(SpecError) as caught:
            compile_spec(load(tmp_path / "a.yaml"))
        assert [problem.hint for problem in caught.value.problems] == [""]
