"""`nnspec features`."""

import sys

import numpy as np
import pytest

from tests.cli.conftest import written
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts
from tests.small_runs import mnist

NETWORK = {
    "layers": [
        {"conv2d": {"filters": 4, "kernel_size": 3, "activation": "relu"}}, {"max_pooling2d": 4},
        "flatten", {"dense": {"units": 10, "activation": "softmax"}},
    ]
}  # fmt: skip


@pytest.fixture
def convolutional(nnspec, tmp_path):
    """A run of a small convolutional network."""
    values = mnist(40, 20, network=NETWORK)
    values["data"]["inputs"] = [{"reshape": [28, 28, 1]}, {"cast": "float32"}, {"divide": 255}]
    nnspec("run", written(tmp_path, values))
    return "runs/small"


def test_dots(nnspec, convolutional):
    done = nnspec("features", convolutional)
    assert (done.code, done.err) == (0, "")
    assert "input 28x28x1" in done.out
    assert "conv2d: 4 maps of 26x26" in done.out
    assert ", 4 filters of 3x3x1" in done.out
    assert "max_pooling2d: 4 maps of 6x6" in done.out
    assert max(map(len, done.out.splitlines())) <= 78
    assert done.out != nnspec("features", convolutional, "--row", "3").out


def test_json(nnspec, convolutional):
    values = nnspec("features", convolutional, "--row", "2", "--json").json
    assert list(values) == ["run", "row", "input_shape", "layers", "pictures"]
    assert (values["row"], values["input_shape"], values["pictures"]) == (2, [28, 28, 1], [])
    conv, pool = values["layers"]
    assert list(conv) == ["layer", "kind", "maps", "filters", "maxima", "silent"]
    assert (conv["maps"], conv["filters"]) == ([26, 26, 4], [3, 3, 1, 4])
    assert (pool["maps"], pool["filters"]) == ([6, 6, 4], None)
    assert len(conv["maxima"]) == 4


def test_rows_of_a_file(nnspec, convolutional):
    from nnspec.data.formats import mnist as digits

    np.save("two.npy", digits.images("t10k")[5:7])
    given = nnspec("features", convolutional, "--input", "two.npy", "--row", "1", "--json").json
    ours = nnspec("features", convolutional, "--row", "6", "--json").json
    assert given["layers"] == ours["layers"]


def test_training_rows_where_there_are_no_others(nnspec, tmp_path):
    layers = [{"conv2d": {"filters": 1, "kernel_size": 2}}, "flatten", {"dense": 1}]
    values = {
        "name": "one", "network": {"layers": layers}, "optimizer": "sgd",
        "loss": "mean_squared_error",
        "data": {"source": {"rows": {"inputs": [[[[1], [2]], [[3], [4]]]], "targets": [1]}}},
    }  # fmt: skip
    nnspec("run", written(tmp_path, values))
    assert nnspec("features", "runs/one", "--json").json["layers"][0]["maps"] == [1, 1, 1]


@needs_matplotlib
def test_pictures(nnspec, convolutional, tmp_path):
    done = nnspec("features", convolutional, "-o", "maps")
    assert done.out.endswith("drawn in maps (2 pictures)\n")
    names = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert names == ["1-conv2d.png", "2-max_pooling2d.png"]
    assert size(tmp_path / "maps" / "1-conv2d.png") == (1760, 624)
    assert nnspec("features", convolutional, "-o", "all.svg").out.endswith("drawn in all.svg\n")
    found = texts(tmp_path / "all.svg")
    assert {"conv2d: 4 maps of 26x26", "max_pooling2d: 4 maps of 6x6"} <= set(found)
    done = nnspec("features", convolutional, "--layer", "conv2d", "-o", "one.svg", "--json")
    assert done.json["pictures"] == ["one.svg"]
    assert not any(text.startswith("max_pooling2d") for text in texts(tmp_path / "one.svg"))


@needs_matplotlib
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere is no run folder"),
        (["runs/small", "--row", "20"], "there is no row 20: there are 20, counted from 0"),
        (["runs/small", "--row", "-1"], "x>=0"),
        (["runs/small", "--layer", "conv2"], "did you mean 'conv2d'"),
        (["runs/small", "--layer", "dense"], "which is no image"),
        (["runs/small", "--input", "missing.npy"], "cannot read"),
        (["runs/small", "--input", "wrong.npy"], "rror: "),
        (["runs/small", "-o", "maps.pdf"], "a .png or a .svg file"),
        (["runs/small", "-o", "small.yaml/maps"], "cannot make the folder"),
        (["runs/small", "-o", "small.yaml/maps.png"], "cannot make the folder"),
    ],
)
def test_mistakes_end_with_2_and_a_message(nnspec, convolutional, arguments, message):
    np.save("wrong.npy", np.zeros((1, 27, 27)))
    done = nnspec("features", *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_network_without_a_convolution(nnspec, small):
    nnspec("run", small)
    done = nnspec("features", "runs/small")
    assert (done.code, done.out) == (2, "")
    assert "has no convolution" in done.err


def test_pictures_without_matplotlib(nnspec, convolutional, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = nnspec("features", convolutional, "-o", "maps")
    assert (done.code, done.out) == (2, "")
    assert MISSING in done.err
    assert nnspec("features", convolutional).code == 0
