"""`nnspec explain`."""

import subprocess
import sys

from nnspec import catalog


def test_all_kinds_are_listed(nnspec):
    done = nnspec("explain")
    assert (done.code, done.err) == (0, "")
    listed = nnspec("explain", "--json").json
    assert list(listed) == catalog.families()
    for family, kinds in listed.items():
        assert list(kinds) == catalog.kinds(family)
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
    said = "a positive whole number or a list of two; primary, default [2, 2]"
    assert line.split(maxsplit=1)[1] == said


def test_one_name_for_two_things(nnspec):
    out = nnspec("explain", "flatten").out
    assert "flatten: a layer\n" in out
    assert "flatten: a preparation\n" in out
    out = nnspec("explain", "activation").out
    assert "activation: a layer\n" in out
    assert "\n  tanh " in out


def test_json(nnspec):
    (entry,) = nnspec("explain", "dense", "--json").json
    assert list(entry) == ["kind", "families", "about", "forms", "options", "examples"]
    assert list(entry["options"][0]) == ["name", "type", "required", "default", "primary"]
    entries = nnspec("explain", "loss", "--json").json
    assert [entry["kind"] for entry in entries] == catalog.kinds("loss")


def test_a_misspelt_name(nnspec):
    done = nnspec("explain", "dens")
    assert (done.code, done.out) == (2, "")
    assert "nothing is called 'dens'" in done.err
    assert "did you mean 'dense'?" in done.err


def test_only_plots_need_numpy():
    program = (
        "import sys\n"
        "from nnspec import explain\n"
        "explain.explain(explain.classes('conv2d')[0])\n"
        "print('numpy' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "False\n", done.stderr
