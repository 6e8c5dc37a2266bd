"""safetensors files: read as the library reads them; what is no such file is refused."""

import json

import numpy as np
import pytest
from safetensors.numpy import load, save

from nnspec.runs.tensor_files import tensor_chunks, tensors_in

TENSORS = {
    "dense/kernel": np.arange(6, dtype="f4").reshape(2, 3), "scale": np.array(2.5, "f8"),
    "step": np.array([3, 4], "i8"), "empty": np.empty((0, 3), "f4"), "é": np.ones(3, "f8"),
}  # fmt: skip
CONTENT = b"".join(tensor_chunks(TENSORS))


def test_what_is_written_is_read_as_the_library_reads_it():
    found, expected = tensors_in(CONTENT), load(CONTENT)
    assert found.keys() == expected.keys() == TENSORS.keys()
    for name, array in expected.items():
        assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
        assert found[name].tobytes() == array.tobytes() == TENSORS[name].tobytes()
    assert tensors_in(save(TENSORS, {"format": "np"})).keys() == TENSORS.keys()
    assert tensors_in(save({})) == {}


def written(header, data=b"\0" * 8):
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"x", CONTENT[:-1], CONTENT + b"x", CONTENT[:40], written([]), written({"a": 3}),
        written({"a": entry(dtype="F16")}), written({"a": entry(shape=(3,))}),
        written({"a": entry(shape=(-2,))}), written({"a": entry(shape=(-1, -2))}),
        written({"a": entry(shape=("x",))}), written({"a": entry(shape=3)}),
        written({"a": entry(shape=(2.0,))}), written({"a": entry(offsets=(8, 16))}),
        written({"a": entry(offsets=(0,))}), written({"a": entry(), "b": entry()}),
        written({"a": entry(shape=(1,), offsets=(0, 4))}), written({"a": entry()}, b""),
        written({"a": entry(shape=(1 << 62,), offsets=(0, 1 << 64))}), written({"a": {}}),
    ],
)  # fmt: skip
def test_what_is_no_such_file_is_refused(content):
    with pytest.raises((ValueError, TypeError, KeyError, AttributeError)):
        tensors_in(content)
