"""Paths as they are written."""

from pathlib import Path

import pytest

from nnspec.language.paths import PathError, written_path


@pytest.mark.parametrize("text", ["", "$HOME/x", "data/${HOME}/x", "%TEMP%/x"])
def test_no_paths(text):
    with pytest.raises(PathError):
        written_path(text)


@pytest.mark.parametrize("text", ["~/x", "./~/x", "~nobody-of-this-name/x", "a/~/x"])
def test_a_path_that_is_read_again_is_the_same(text, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", "/home/of/me")
    monkeypatch.chdir(tmp_path)
    path = written_path(text)
    assert written_path(str(path)) == path


def test_a_folder_with_the_name_of_a_tilde(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert written_path("./~/x") == Path.cwd() / "~" / "x"
