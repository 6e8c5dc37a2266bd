"""Atomic file replacement, strict JSON, and I/O errors."""

import json
import os
import subprocess
import sys

import pytest

from nnspec.errors import RunError
from nnspec.runs import atomic_files


def file_names(folder):
    return sorted(os.listdir(folder))


def test_a_file_is_replaced(tmp_path):
    for content, expected in (("old", b"old"), (b"new", b"new"), ("標準化", "標準化".encode())):
        atomic_files.write_file(tmp_path / "f", content)
        assert (tmp_path / "f").read_bytes() == expected
    assert file_names(tmp_path) == ["f"]


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, error, broken):
    def fail(*_):
        raise error

    path = tmp_path / "f"
    atomic_files.write_file(path, "old")
    monkeypatch.setattr(os, broken, fail)
    with pytest.raises((RunError, KeyboardInterrupt)):
        atomic_files.write_file(path, "new")
    assert path.read_text() == "old"
    assert file_names(tmp_path) == ["f"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits on files are POSIX's")
def test_a_file_above_the_size_limit_leaves_the_old_one(tmp_path):
    program = (
        "import resource, sys; from pathlib import Path\n"
        "from nnspec.runs import atomic_files as files\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "path = Path(sys.argv[1]); files.write_file(path, 'old')\n"
        "try: files.write_file(path, 'x' * 5000)\n"
        "except files.RunError as error: print(error)\n"
    )
    path = tmp_path / "f"
    process = subprocess.run(
        [sys.executable, "-c", program, str(path)], capture_output=True, text=True
    )
    assert "cannot write" in process.stdout
    assert "too large" in process.stdout.lower()
    assert path.read_text() == "old"
    assert file_names(tmp_path) == ["f"]


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "f").mkdir()
    with pytest.raises(RunError, match="cannot write"):
        atomic_files.write_file(tmp_path / "f", "x")
    with pytest.raises(RunError, match="cannot read"):
        atomic_files.read_file(tmp_path / "f")
    assert file_names(tmp_path) == ["f"]


def test_a_vanished_folder_is_not_made_again(tmp_path):
    with pytest.raises(RunError, match="cannot write"):
        atomic_files.write_file(tmp_path / "gone" / "f", "x")
    assert file_names(tmp_path) == []


def test_a_file_in_the_place_of_a_folder(tmp_path):
    (tmp_path / "f").write_text("x")
    with pytest.raises(RunError, match="cannot make the folder"):
        atomic_files.make_folder(tmp_path / "f" / "g")


def test_json_is_strict_ascii():
    values = {"a": float("nan"), "b": [float("inf"), 1.5], "c": ("x", None), "d": "é\udcff"}
    text = atomic_files.to_json(values)
    assert text.isascii()
    assert json.loads(text) == {"a": None, "b": [None, 1.5], "c": ["x", None], "d": "é\udcff"}


def test_lone_surrogates_are_escaped(tmp_path):
    atomic_files.write_file(tmp_path / "f", "caf\udce9")
    assert (tmp_path / "f").read_text() == "caf\\udce9"
