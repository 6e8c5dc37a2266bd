"""Reading .npy and .npz files, intact and damaged."""

import pickle

import numpy as np
import pytest

from nnspec.data.formats import numpy_files
from nnspec.errors import DataError


def test_npy_and_npz_files_are_read(tmp_path):
    x = np.arange(6.0).reshape(3, 2)
    np.save(tmp_path / "a.npy", x)
    np.savez(tmp_path / "a.npz", anything=x)
    for name in ("a.npy", "a.npz"):
        assert (numpy_files.load_rows(tmp_path / name) == x).all()


def test_a_file_without_rows_is_read(tmp_path):
    np.save(tmp_path / "a.npy", np.ones((0, 3)))
    assert numpy_files.load_rows(tmp_path / "a.npy").shape == (0, 3)


class MaliciousPickle:
    def __reduce__(self):
        return (pytest.fail, ("a pickle was read",))


def write_object(path):
    with path.open("wb") as file:
        np.save(file, np.array([MaliciousPickle()], object), allow_pickle=True)


def write_false_header(path):
    with path.open("wb") as file:
        header = {"descr": "<f8", "fortran_order": False, "shape": (10**12, 3)}
        np.lib.format.write_array_header_1_0(file, header)


def saved(**arrays):
    def write(path):
        with path.open("wb") as file:
            np.savez(file, **arrays)

    return write


def saved_array(array):
    def write(path):
        with path.open("wb") as file:
            np.save(file, array)

    return write


WRONG = {
    "empty": lambda path: path.write_bytes(b""),
    "text": lambda path: path.write_text("1,2,3"),
    "pickle": lambda path: path.write_bytes(pickle.dumps(MaliciousPickle())),
    "object": write_object,
    "lie": write_false_header,
    "folder": lambda path: path.mkdir(),
    "missing": lambda _: None,
    "scalar": saved_array(np.float64(1)),
    "strings": saved_array(np.array(["a"])),
    "complex": saved_array(np.ones(2, complex)),
    "dates": saved_array(np.zeros(2, "M8[s]")),
    "two": saved(a=np.ones(1), b=np.ones(1)),
    "none": saved(),
    "objects in npz": saved(a=np.array([MaliciousPickle()], object)),
}


@pytest.mark.parametrize("name", WRONG)
def test_any_other_file_is_a_data_error(tmp_path, name):
    path = tmp_path / "given"
    WRONG[name](path)
    with pytest.raises(DataError, match="given"):
        numpy_files.load_rows(path)
