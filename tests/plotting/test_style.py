"""Figures as files, independent of the user's Matplotlib settings."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from nnspec.errors import NnspecError, RunError
from nnspec.plotting import style
from tests.paths import ROOT
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts


def line(figure):
    axes = figure.subplots()
    axes.plot([0, 1, 2], [0, 1, 4])
    axes.set_title("price in $ and cost in $: 層")


@needs_matplotlib
def test_a_png_has_the_size_that_was_asked_for():
    assert size(style.picture(".png", (4, 2), line)) == (640, 320)


@needs_matplotlib
def test_texts_stay_as_they_are():
    assert "price in $ and cost in $: 層" in texts(style.picture(".svg", (4, 2), line))


@needs_matplotlib
@pytest.mark.parametrize("suffix", style.SUFFIXES)
def test_the_same_picture_has_the_same_bytes_under_any_settings(suffix):
    import matplotlib

    first = style.picture(suffix, (4, 2), line)
    with matplotlib.rc_context({"axes.facecolor": "black", "figure.dpi": 50, "font.size": 30}):
        assert style.picture(suffix, (4, 2), line) == first
        assert matplotlib.rcParams["font.size"] == 30
    assert b"Date" not in first
    assert b"date" not in first


@needs_matplotlib
def test_neither_a_home_nor_pyplot_is_needed(tmp_path):
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from nnspec.plotting import style\n"
        "style.save(Path('new/a.svg'), (2, 2), lambda figure: figure.subplots().plot([1, 2]))\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    (tmp_path / "file").write_text("")
    home = str(tmp_path / "file" / "home")  # nobody can make it, not even root
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True,
        env={"PYTHONPATH": str(ROOT), "HOME": home, "PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "new" / "a.svg").is_file()


@needs_matplotlib
def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunError, match="cannot make the folder"):
        style.save(tmp_path / "file" / "a.png", (2, 2), line)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_missing_library(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NnspecError, match=MISSING) as caught:
        style.picture(".png", (2, 2), line)
    assert "pip install 'nnspec[plots]'" in str(caught.value)


def test_a_damaged_library(monkeypatch, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('libfreetype.so: cannot open')")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "matplotlib", raising=False)
    with pytest.raises(NnspecError, match=r"cannot be imported: libfreetype.so: cannot open"):
        style.matplotlib()


@needs_matplotlib
@pytest.mark.parametrize("suffix", style.SUFFIXES)
def test_the_bytes_of_a_file_name_that_is_no_unicode_are_escaped(suffix):
    content = style.picture(suffix, (2, 1), lambda figure: figure.suptitle("caf\udce9"))
    assert suffix == ".png" or b"caf\\udce9" in content
