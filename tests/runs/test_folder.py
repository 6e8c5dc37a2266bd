"""The run folder: files are written and read again; damaged or foreign files are a RunError."""

import json

import numpy as np
import pytest
from safetensors.numpy import load as load_tensors
from safetensors.numpy import save

from nnspec.data import splits
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.errors import RunError
from nnspec.runs.folder import RunFolder
from nnspec.runs.weight_files import weights_sha256
from nnspec.training.history import Epoch
from nnspec.training.session import training_setup
from tests.networks import program_of
from tests.small_runs import change_file, rows, spec

VALUES = rows()
VALUES["data"]["inputs"] = ["standardize"]
SPEC = spec(VALUES)


@pytest.fixture
def folder(tmp_path):
    created = RunFolder.create(tmp_path, "net")
    created.write_spec(SPEC)
    created.write_weights(weights())
    train = splits.load_splits(SPEC).train
    created.write_preprocessing(FittedPreprocessing.fit(SPEC, train), train.data_spec())
    created.close()
    return created


def graph():
    from nnspec.graph.compile import compile_spec

    return compile_spec(SPEC)


def weights():
    return program_of(graph(), training_setup(SPEC, graph())).weights()


def test_the_newest_run_is_opened(folder):
    parent = folder.path.parent
    newer = RunFolder.create(parent.parent, "net")
    assert RunFolder.open(parent).path == folder.path  # the newer one has no spec yet
    newer.write_spec(SPEC)
    assert RunFolder.open(parent).path == newer.path
    assert RunFolder.open(folder.path).path == folder.path


@pytest.mark.parametrize("name", ["missing", "file", "empty"])
def test_other_folders_and_files_are_refused(tmp_path, name):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunError, match="is no run folder"):
        RunFolder.open(tmp_path / name)


def test_the_spec_is_saved_with_every_default(folder):
    assert folder.spec().plain() == SPEC.plain()
    text = (folder.path / "spec.yaml").read_text()
    assert "kernel_initializer" in text
    assert "learning_rate" in text


def test_weights_are_saved_exactly(folder):
    again = folder.weights(graph())
    assert weights_sha256(again) == weights_sha256(weights())
    for name, array in weights().items():
        assert again[name].tobytes() == array.tobytes()


@pytest.mark.parametrize(
    "change",
    [
        lambda _: {},
        lambda w: {**w, "more": np.ones(1)},
        lambda w: {f"other/{name}": array for name, array in w.items()},
        lambda w: {name: array[..., None] for name, array in w.items()},
        lambda w: {name: array.astype(int) for name, array in w.items()},
        lambda w: {name: array * np.nan for name, array in w.items()},
    ],
)
def test_other_weights_are_refused(folder, change):
    folder.write_weights(change(weights()))
    with pytest.raises(RunError, match="weights"):
        folder.weights(graph())


@pytest.mark.parametrize("content", [b"", b"x", b"[]", b"\x08" + b"\0" * 7 + b"{}      ", None])
def test_damaged_weights_are_refused(folder, content):
    change_file(folder.path, "weights.safetensors", content)
    with pytest.raises(RunError, match=r"weights\.safetensors"):
        folder.weights(graph())


def test_truncated_weights_are_refused_at_any_length(folder):
    path = folder.path / "weights.safetensors"
    whole = path.read_bytes()
    for size in range(0, len(whole), 11):
        change_file(folder.path, path.name, whole[:size])
        with pytest.raises(RunError):
            folder.weights(graph())


def test_preprocessing_is_saved(folder):
    again = folder.preprocessing(SPEC)
    assert again.inputs[""].pipeline.state == ({"mean": [0.5, 0.5], "std": [0.5, 0.5]},)


def _with(path, value):
    """A function that replaces one of the file's values."""

    def change(values):
        parent = values
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = value
        return values

    return change


STEPS = ("inputs", "steps")
STATE = (*STEPS, 0, "state")


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda _: None,
        lambda _: {},
        _with(("inputs",), []),
        _with(("inputs", "rows"), None),
        _with(STEPS, []),
        _with(STEPS, None),
        _with((*STEPS, 0), "standardize"),
        _with((*STEPS, 0, "step"), "scale"),
        _with(STATE, {}),
        _with(STATE, None),
        _with(STATE, ["mean", "std"]),
        _with(STATE, {"mean": [0, 0], "std": [1]}),
        _with(STATE, {"mean": [[0], [0, 1]], "std": [1, 1]}),
        _with(STATE, {"mean": ["a", 0], "std": [1, 1]}),
        _with(STATE, {"mean": [float("nan"), 0], "std": [1, 1]}),
    ],
)
def test_damaged_or_foreign_preprocessing_is_refused(folder, change):
    path = folder.path / "preprocessing.json"
    change_file(folder.path, path.name, json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(RunError, match="is damaged"):
        folder.preprocessing(SPEC)


@pytest.mark.parametrize(
    "change",
    [
        _with(("data_spec", "inputs", "dtype"), "nope"), _with(("data_spec", "inputs"), {}),
        _with(("data_spec", "inputs", "dtype"), "str"), _with(("data_spec", "targets"), {"y": {}}),
        _with(("data_spec", "inputs", "dtype"), 3), _with(("data_spec", "inputs", "shape"), [-1]),
    ],
)  # fmt: skip
def test_damaged_shapes_of_rows_are_refused(folder, change):
    path = folder.path / "preprocessing.json"
    change_file(folder.path, path.name, json.dumps(change(json.loads(path.read_text()))))
    with pytest.raises(RunError, match=r"preprocessing\.json is damaged"):
        folder.spec()


def test_history_is_a_row_an_epoch(folder):
    metrics = {"loss": 0.5, "accuracy": 1.0}
    folder.write_history([Epoch(1, metrics, 0.1234, metrics), Epoch(2, metrics, 1.0, metrics)])
    lines = (folder.path / "history.csv").read_text().splitlines()
    assert lines[0] == "epoch,loss,accuracy,val_loss,val_accuracy,seconds"
    assert lines[1] == "1,0.5,1.0,0.5,1.0,0.123"
    assert len(lines) == 3


def test_the_digest_tells_names_shapes_and_values():
    ones = {"a": np.ones((2, 3))}
    others = [{"b": np.ones((2, 3))}, {"a": np.ones((3, 2))}, {"a": np.zeros((2, 3))}]
    assert len({weights_sha256(one) for one in [ones, *others]}) == 4
    assert weights_sha256(ones) == weights_sha256({"a": np.ones((2, 3), ">f8")})


def test_files_are_plain(folder):
    """Common formats: no pickle, no format of nnspec's own."""
    assert (
        load_tensors((folder.path / "weights.safetensors").read_bytes()).keys() == weights().keys()
    )
    assert json.loads((folder.path / "preprocessing.json").read_text())["inputs"]["rows"] == 4
    assert save(weights()) == (folder.path / "weights.safetensors").read_bytes()
