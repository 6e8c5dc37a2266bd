"""Paths of sources: absolute in a saved spec, and found where they have moved with their run."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnspec.errors import NnspecError, ShapeError
from nnspec.options.component import to_plain
from nnspec.options.validation import read_component


def source(value):
    return read_component("source", value)


NPY = {"npy": {"inputs": {"a": "a.npy", "b": "in/b.npy"}, "targets": "y.npy"}}
IMAGES = {"images": {"path": "photos", "test": "more"}}


@pytest.mark.parametrize("value", [NPY, IMAGES, {"npz": "a.npz"}])
def test_paths_become_absolute_and_are_read_again(value, tmp_path):
    found = source(value).with_absolute_paths(tmp_path)
    assert all(Path(text).is_relative_to(tmp_path) for _, text in found.paths())
    assert source(to_plain(found)) == found
    assert found.with_absolute_paths(Path("/elsewhere")) == found


def test_paths_of_a_spec_from_python_become_absolute_too(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = source(IMAGES).with_absolute_paths(Path())
    assert found.path == str(tmp_path / "photos")


@pytest.mark.parametrize("value", [NPY, IMAGES])
def test_files_that_moved_with_their_run_are_found(value, tmp_path):
    before, after = tmp_path / "before", tmp_path / "after"
    saved = source(value).with_absolute_paths(before / "data")
    assert saved.moved(before / "run", after / "run") == saved
    for _, text in saved.paths():
        new = after / Path(text).relative_to(before)
        new.parent.mkdir(parents=True, exist_ok=True)
        new.mkdir() if value is IMAGES else new.write_bytes(b"")
    moved = saved.moved(before / "run", after / "run")
    assert all(Path(text).is_relative_to(after) for _, text in moved.paths())


def test_a_variable_of_a_shell_is_told_at_its_option(tmp_path):
    found = source({"npy": {"inputs": {"a": "$HOME/a.npy"}, "targets": "y.npy"}})
    with pytest.raises(ShapeError, match="holds no variables") as caught:
        found.data_spec(tmp_path)
    assert caught.value.path == ("npy", "inputs", "a")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inputs": {}, "targets": "y"}, "must be a path, or a map of paths"),
        ({"inputs": {"a": 3}, "targets": "y"}, "a must be the path of a file"),
        ({"inputs": {"a": "x"}, "targets": "y", "test_inputs": "z"}, "must be a map with a"),
        (
            {"inputs": "x", "targets": "y", "test_inputs": {"a": "z"}},
            "must be the path of one file",
        ),
        ({"inputs": "x"}, "needs 'targets'"),
    ],
)
def test_paths_that_are_none(options, message):
    with pytest.raises(NnspecError, match=message):
        source({"npy": options})
