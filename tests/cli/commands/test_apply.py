"""`nnspec apply`."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import written
from tests.plotting.pictures import MISSING, needs_matplotlib, size, texts
from tests.small_runs import mnist, rows

IMAGE = [
    [1, 0, 0, 0, 0, 1],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 1, 0, 0],
    [1, 0, 0, 0, 1, 0],
    [0, 1, 0, 0, 1, 0],
    [0, 0, 1, 0, 1, 0],
]
FILTERS = [[[1, -1, -1], [-1, 1, -1], [-1, -1, 1]], [[-1, 1, -1], [-1, 1, -1], [-1, 1, -1]]]
CONV = {"filters": 2, "kernel_size": 3, "use_bias": False,
        "kernel_initializer": {"filters": FILTERS}}  # fmt: skip
LECTURE = {
    "network": {
        "input_shape": [6, 6, 1],
        "layers": [{"conv2d": CONV}, {"max_pooling2d": 2}, "flatten"],
    }
}
PRINTED = """\
the given row, first weights (seed 0)

input (6, 6, 1)

  1 0 0 0 0 1
  0 1 0 0 1 0
  0 0 1 1 0 0
  1 0 0 0 1 0
  0 1 0 0 1 0
  0 0 1 0 1 0

conv2d (4, 4, 2)

  filter 1   filter 2
   1 -1 -1   -1  1 -1
  -1  1 -1   -1  1 -1
  -1 -1  1   -1  1 -1

  feature map 1   feature map 2
   3 -1 -3 -1     -1 -1 -1 -1
  -3  1  0 -3     -1 -1 -2  1
  -3 -3  0  1     -1 -1 -2  1
   3 -2 -2 -1     -1  0 -4  3

max_pooling2d (2, 2, 2)

  feature map 1   feature map 2
  3 0             -1  1
  3 1              0  3

flatten (8)

  3  -1  0  1  3  0  1  3
"""


@pytest.fixture
def lecture(tmp_path):
    return written(tmp_path, LECTURE, "filters.yaml")


def test_filters_feature_maps_and_pooling(nnspec, lecture):
    done = nnspec("apply", lecture, "--input", json.dumps(IMAGE))
    assert (done.code, done.out, done.err) == (0, PRINTED, "")


@pytest.mark.parametrize("backend", ["torch", "keras"])
def test_every_backend_shows_the_same(nnspec, lecture, backend):
    pytest.importorskip(backend)
    options = ("--input", json.dumps(IMAGE), "--backend", backend)
    assert nnspec("apply", lecture, *options).out == PRINTED


def test_json_holds_every_number(nnspec, lecture):
    values = nnspec("apply", lecture, "--input", json.dumps(IMAGE), "--json").json
    assert np.array(values["input"])[..., 0].tolist() == IMAGE
    conv, pool, flat = values["layers"]
    assert (conv["name"], conv["kind"]) == ("conv2d", "conv2d")
    assert np.moveaxis(conv["weights"]["kernel"], 3, 0)[..., 0].tolist() == FILTERS
    assert np.array(conv["output"])[..., 1].tolist()[3] == [-1, 0, -4, 3]
    assert np.array(pool["output"])[..., 0].tolist() == [[3, 0], [3, 1]]
    assert flat["output"] == [3, -1, 0, 1, 3, 0, 1, 3]


@pytest.mark.parametrize("suffix", ["npy", "npz", "csv", "png"])
def test_an_image_in_a_file(nnspec, lecture, tmp_path, suffix):
    image = np.array(IMAGE)
    path = tmp_path / f"image.{suffix}"
    if suffix == "npy":
        np.save(path, image[None, ..., None])  # a batch of one row is accepted too
    elif suffix == "npz":
        np.savez(path, image)
    elif suffix == "csv":
        np.savetxt(path, image, delimiter=",", fmt="%d")
    else:
        Image.fromarray((255 * (1 - image)).astype(np.uint8)).save(path)
    output = nnspec("apply", lecture, "--input", path.name, "--json").json["layers"][-1]["output"]
    scale = 255 if suffix == "png" else 1  # black is 255
    assert output == [scale * value for value in (3, -1, 0, 1, 3, 0, 1, 3)]


def test_the_first_row_of_the_test_data_else_of_the_training_data(nnspec, small, tmp_path):
    assert nnspec("apply", small).out.startswith("row 0 of the test data, first weights (seed 0)")
    done = nnspec("apply", written(tmp_path, rows(), "rows.yaml"), "--row", "2", "--json").json
    assert (done["row"], done["input"]) == ("row 2 of the training data", [1, 0])
    assert nnspec("apply", "rows.yaml", "--row", "4").code == 2


def test_the_output_of_a_run_is_that_of_predict(nnspec, small, tmp_path):
    nnspec("run", small)
    nnspec("predict", "runs/small", "test", "-o", "p.npy")
    values = nnspec("apply", "runs/small", "--row", "3", "--json").json
    assert values["weights"] == "weights of runs/small/1"
    output = values["layers"][-1]["output"]
    assert output == pytest.approx(np.load(tmp_path / "p.npy")[3].tolist(), abs=1e-6)


def test_many_maps_and_large_images_fit_a_terminal(nnspec, tmp_path):
    layers = [{"conv2d": {"filters": 20, "kernel_size": 3, "activation": "relu"}},
              {"max_pooling2d": 4}, "flatten", {"dense": 30}, {"reshape": [5, 6]}]  # fmt: skip
    values = mnist(network={"layers": layers})
    values["data"]["inputs"] = [{"reshape": [28, 28, 1]}, {"divide": 255}]
    del values["loss"], values["metrics"], values["data"]["targets"]
    done = nnspec("apply", written(tmp_path, values))
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "... and 12 more" in done.out
    assert any(0x2800 < ord(character) < 0x2900 for character in done.out)


@needs_matplotlib
def test_a_picture_has_every_map(nnspec, lecture, tmp_path):
    row = ("--input", json.dumps(IMAGE))
    assert nnspec("apply", lecture, *row, "-o", "maps.svg").out == PRINTED
    found = texts(tmp_path / "maps.svg")
    assert {"input (6, 6, 1)", "filter 2", "feature map 1", "flatten (8)", "-4"} <= set(found)
    assert nnspec("apply", lecture, *row, "-o", "deep/maps.png").code == 0
    assert size(tmp_path / "deep" / "maps.png") > (500, 500)


@needs_matplotlib
def test_a_picture_of_values_that_overflow(nnspec, tmp_path):
    layers = [{"dense": {"units": 3, "kernel_initializer": {"constant": 3e38}}}, {"dense": 2}]
    spec = written(tmp_path, {"network": {"input_shape": [2], "layers": layers}})
    done = nnspec("apply", spec, "--input", "[1e308, 1e308]", "-o", "inf.png")
    assert (done.code, done.err) == (0, "")
    assert "inf  inf  inf" in done.out
    assert size(tmp_path / "inf.png")


@needs_matplotlib
def test_a_picture_that_is_too_high(nnspec, tmp_path):
    spec = {"network": {"input_shape": [2], "layers": ["tanh"] * 201}}
    done = nnspec("apply", written(tmp_path, spec), "--input", "[1, 2]", "-o", "high.png")
    assert (done.code, done.out) == (2, "")
    assert "at most 200 rows" in done.err


def test_without_matplotlib(nnspec, lecture, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    done = nnspec("apply", lecture, "--input", json.dumps(IMAGE), "-o", "maps.png")
    assert (done.code, done.out) == (2, "")
    assert MISSING in done.err
    assert "pip install 'nnspec[plots]'" in done.err


GARBAGE = {
    "a.npy": b"\x93NUMPY\x01garbage",
    "b.npz": b"PK\x03\x04 no archive",
    "c.png": b"\x89PNG\r\n\x1a\n no image",
    "d.csv": b"1,2\n3",
    "e.csv": b"one,two",
    "f.csv": b"\xff\xfe\x00",
    "g.csv": b"",
    "h.csv": b"1,nan",
}


@pytest.mark.parametrize("name", GARBAGE)
def test_damaged_files(nnspec, tmp_path, name):
    (tmp_path / name).write_bytes(GARBAGE[name])
    spec = written(tmp_path, {"network": {"input_shape": [2], "layers": ["tanh"]}})
    done = nnspec("apply", spec, "--input", name)
    assert (done.code, done.out) == (2, "")
    assert "error: " in done.err
    assert name in done.err or "is no number" in done.err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--input", "[[1, 2], [3, 4]]"), "a row of inputs is (2, 2) and must be (6, 6, 1)"),
        (("--input", "text"), "must hold numbers, not 'text'"),
        (("--input", "no.png"), "cannot read no.png: No such file"),
        (("--input", "."), "must hold numbers"),
        ((), "there is no row to work on"),
        (("--row", "0", "--input", "[1]"), "give one of them"),
        (("--input", "[1]", "-o", "maps.txt"), "a picture is a .png or a .svg file"),
        (("--input", json.dumps(IMAGE), "--backend", "abacus"), "no backend 'abacus'"),
        (("network.layers.0.conv2d.filters=0", "--input", "[1]"), "command line:1:33"),
    ],
)  # fmt: skip
def test_invalid_arguments(nnspec, lecture, arguments, message):
    done = nnspec("apply", lecture, *arguments)
    assert (done.code, done.out) == (2, "")
    assert message in done.err


def test_a_folder_that_is_no_run(nnspec, tmp_path):
    done = nnspec("apply", str(tmp_path), "--input", "[1]")
    assert (done.code, done.out) == (2, "")
    assert "is no run folder" in done.err
