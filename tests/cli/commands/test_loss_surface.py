"""`nnspec loss-surface`."""

import sys

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts
from tests.small_runs import mnist, rows

LINE = {"inputs": [[0], [1], [2], [3]], "targets": [1, 3, 5, 7]}
START = {"kernel_initializer": {"constant": -1}}


@pytest.fixture
def line(tmp_path):
    """A straight line with a slope and an intercept."""
    network = {"layers": [{"dense": {"units": 1, **START}}]}
    return written(tmp_path, rows(LINE, network=network, loss="half_squared_error"), "line.yaml")


def test_a_spec_with_two_weights_needs_no_choice(nnspec, line):
    done = nnspec("loss-surface", line)
    assert (done.code, done.err) == (0, "")
    assert "start: dense/kernel[0,0] = -1, dense/bias[0] = 0" in done.out
    assert "lowest point found: dense/kernel[0,0] = 2, dense/bias[0] = 1" in done.out
    slow, right, big = done.out.splitlines()[-3:]
    assert "still 0.18 away after 100 updates" in slow
    assert "converges after 16 updates" in right
    assert "diverges: the loss is" in big
    assert done.out == nnspec("loss-surface", line).out


def test_one_weight_and_chosen_rates(nnspec, line):
    done = nnspec("loss-surface", line, "--weights", "dense/kernel", "--rates", "0.05,0.5")
    assert done.code == 0
    assert any(0x2800 < ord(character) < 0x2900 for character in done.out)
    lines = done.out.splitlines()
    assert lines[-2].split()[:2] == ["1", "0.05"]
    assert lines[-1].split()[:2] == ["2", "0.5"]
    assert sum(one.lstrip().startswith(("1  ", "2  ")) and "S" in one for one in lines) == 2


def test_rates_beyond_reason(nnspec, line):
    done = nnspec("loss-surface", line, "--rates", "1e-300,1e300", "--points", "3")
    assert (done.code, done.err) == (0, "")
    tiny, giant = done.out.splitlines()[-2:]
    assert "its updates are next to 0" in tiny
    assert giant.endswith("diverges at the first update")


def test_json(nnspec, line):
    values = nnspec(
        "loss-surface", line, "--weights", "dense/bias[0],dense/kernel[0,0]", "--points", "5",
        "--rates", "0.2", "--updates", "3", "--batch-size", "1", "--json",
    ).json  # fmt: skip
    assert list(values) == [
        "weights", "start", "lowest", "descents", "deeper", "axes", "losses", "picture",
    ]  # fmt: skip
    assert values["weights"] == ["dense/bias[0]", "dense/kernel[0,0]"]
    assert values["start"] == [0, -1]
    assert values["lowest"]["weights"] == pytest.approx([1, 2], abs=1e-4)
    assert np.shape(values["losses"]) == (5, 5)
    assert [len(axis) for axis in values["axes"]] == [5, 5]
    (descent,) = values["descents"]
    assert list(descent) == ["rate", "points", "losses", "end", "updates", "distance"]
    assert np.shape(descent["points"]) == (4, 2)
    assert (values["deeper"], values["picture"]) == (None, None)


def test_overrides(nnspec, line):
    start = "network.layers.0.dense.kernel_initializer.constant=5"
    assert nnspec("loss-surface", line, start, "--points", "3", "--json").json["start"] == [5, 0]


@needs_matplotlib
def test_pictures(nnspec, line, tmp_path):
    assert nnspec("loss-surface", line, "-o", "two.svg").out.endswith("drawn in two.svg\n")
    found = texts(tmp_path / "two.svg")
    assert any(text.endswith(": converges after 16 updates") for text in found)
    done = nnspec("loss-surface", line, "--weights", "dense/kernel", "-o", "one.png", "--json")
    assert done.json["picture"] == "one.png"
    assert size(tmp_path / "one.png") == (1200, 896)
    first = (tmp_path / "two.svg").read_bytes()
    nnspec("loss-surface", line, "-o", "two.svg")
    assert (tmp_path / "two.svg").read_bytes() == first


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weights", ""], "there is no trained weight ''"),
        (["--weights", "dense/kernal"], "did you mean 'dense/kernel'"),
        (["--weights", "dense/kernel[0,3]"], "indices count from 0"),
        (["--weights", "dense/bias,dense/kernel[x]"], "no trained weight"),
        (["--rates", "0.1,fast"], "no list of numbers above 0"),
        (["--rates", "0"], "no list of numbers above 0"),
        (["--rates", "nan"], "no list of numbers above 0"),
        (["--updates", "0"], "x>=1"),
        (["--points", "2"], "3<=x<=1001"),
        (["--batch-size", "0"], "x>=1"),
        (["--backend", "tensorflou"], "there is no backend"),
        (["loss=null"], "rror: "),
        (["train.epochs"], "rror: "),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, line, arguments, message):
    done = nnspec("loss-surface", line, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_network_with_many_weights_needs_a_choice(nnspec, tmp_path):
    spec = written(tmp_path, mnist(20, 10))
    done = nnspec("loss-surface", spec)
    assert done.code == 2
    assert "7,850 trained numbers; one or two can be shown" in done.err
    assert "--weights 'dense/kernel[0,0]'" in done.err
    assert nnspec("loss-surface", spec, "--weights", "dense/bias[3]", "--points", "5").code == 0


def test_a_picture_without_matplotlib(nnspec, line, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = nnspec("loss-surface", line, "-o", "x.png")
    assert (done.code, done.out) == (2, "")
    assert MISSING in done.err


@needs_matplotlib
def test_a_folder_that_cannot_be_made(nnspec, line):
    done = nnspec("loss-surface", line, "-o", f"{line}/x.png")
    assert (done.code, done.out) == (2, "")
    assert "cannot make the folder" in done.err
