"""`nnspec explain`."""

import subprocess
import sys

import pytest

from nnspec.options import registry
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts


def test_all_kinds_are_listed(nnspec):
    done = nnspec("explain")
    assert (done.code, done.err) == (0, "")
    listed = nnspec("explain", "--json").json
    assert list(listed) == registry.families()
    for family, kinds in listed.items():
        assert list(kinds) == registry.kinds(family)
        assert all(f"\n  {kind} " in done.out for kind in kinds)


def test_a_kind(nnspec):
    out = nnspec("explain", "sigmoid").out
    assert out.startswith("sigmoid: a layer and an activation\n")
    assert "f(x) = 1 / (1 + exp(-x))" in out
    assert "its derivative" in out
    assert "0.25 " in out
    assert "its derivative" not in nnspec("explain", "softmax").out


def test_options(nnspec):
    lines = nnspec("explain", "max_pooling2d").out.splitlines()
    (line,) = [line for line in lines if line.startswith("  pool_size")]
    expected = "a positive whole number or a list of two; primary, default [2, 2]"
    assert line.split(maxsplit=1)[1] == expected


def test_one_name_for_two_things(nnspec):
    out = nnspec("explain", "flatten").out
    assert "flatten: a layer\n" in out
    assert "flatten: a preprocessing step\n" in out
    out = nnspec("explain", "activation").out
    assert "activation: a layer\n" in out
    assert "\n  tanh " in out


def test_json(nnspec):
    (entry,) = nnspec("explain", "dense", "--json").json
    assert list(entry) == ["kind", "families", "about", "forms", "options", "examples", "exact"]
    assert list(entry["options"][0]) == ["name", "type", "required", "default", "primary"]
    entries = nnspec("explain", "loss", "--json").json
    assert [entry["kind"] for entry in entries] == registry.kinds("loss")


def test_a_misspelt_name(nnspec):
    done = nnspec("explain", "dens")
    assert (done.code, done.out) == (2, "")
    assert "nothing is called 'dens'" in done.err
    assert "did you mean 'dense'?" in done.err


def test_only_plots_need_numpy():
    program = (
        "import sys\n"
        "from nnspec.explain import entries as explain\n"
        "explain.explain(explain.classes('conv2d')[0])\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr


@needs_matplotlib
def test_a_picture(nnspec, tmp_path):
    done = nnspec("explain", "relu", "-o", "new/relu.svg")
    assert (done.code, done.err) == (0, "")
    assert done.out == nnspec("explain", "relu").out
    assert "Rectified linear unit: f(x) = max(0, x)." in texts(tmp_path / "new/relu.svg")
    assert nnspec("explain", "relu", "--json", "-o", "relu.png").json[0]["kind"] == "relu"
    assert size(tmp_path / "relu.png") == (1440, 640)


@needs_matplotlib
def test_several_functions_in_one_picture(nnspec, tmp_path):
    done = nnspec("explain", "sigmoid", "tanh", "-o", "both.svg")
    assert done.out.count("its derivative") == 2
    assert {"sigmoid", "tanh"} <= set(texts(tmp_path / "both.svg"))


@needs_matplotlib
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["softmax", "-o", "x.svg"], "only functions of one variable have a curve"),
        (["relu", "dense", "sgd", "-o", "x.svg"], "dense and sgd cannot be drawn"),
        (["loss", "-o", "x.svg"], "a family cannot be drawn"),
        (["relu", "mean_squared_error", "-o", "x.svg"], "draw them apart"),
        (["-o", "x.svg"], "say what to draw"),
        (["relu", "-o", "x.pdf"], "a .png or a .svg file"),
        (["relu", "-o", "x"], "a .png or a .svg file"),
        (["relu", "-o", "folder.png"], "is a directory"),
        (["relu", "-o", "file/x.png"], "cannot make the folder"),
    ],
)
def test_components_without_a_curve_and_invalid_files(nnspec, tmp_path, arguments, message):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").write_text("")
    done = nnspec("explain", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err
    assert not (tmp_path / "x.svg").exists()


def test_a_picture_without_matplotlib(nnspec, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = nnspec("explain", "relu", "-o", "relu.png")
    assert (done.code, done.out) == (2, "")
    assert MISSING in done.err
    assert "pip install 'nnspec[plots]'" in done.err
    assert nnspec("explain", "relu").code == 0
