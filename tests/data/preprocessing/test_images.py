"""The steps of images against Pillow, and on any numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from nnspec.data.preprocessing.pipeline import FittedPipeline, LocatedStep
from nnspec.errors import DataError, ShapeError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.validation import read_component

IMAGES = np.random.default_rng(0).integers(0, 256, (3, 13, 9, 3), "u1")


def prepared(step, rows):
    found = [LocatedStep(read_component("preprocessing", step))]
    return FittedPipeline.fit(found, rows).apply(rows)


def resized(image, size):
    """An image that Pillow has resized, the width first; in the order, its versions differ."""
    wide = image.resize((size[1], image.height), Image.Resampling.BILINEAR)
    return wide.resize(size[::-1], Image.Resampling.BILINEAR)


SIZES = [[13, 9], [26, 18], [5, 9], [13, 4], [1, 1], [7, 20], [40, 3]]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("channels", [(), (3,)])
def test_bytes_are_resized_as_pillow_does(size, channels):
    rows = IMAGES if channels else IMAGES[..., 0]
    found = prepared({"resize": size}, rows)
    assert found.dtype == np.uint8
    assert found.shape == (3, *size, *channels)
    for one, row in zip(found, rows, strict=True):
        assert (one == np.asarray(resized(Image.fromarray(row), size))).all()


@pytest.mark.parametrize("size", SIZES)
def test_floats_are_resized_and_stay_floats(size):
    rows = np.random.default_rng(1).normal(size=(2, 13, 9, 1)).astype(np.float32)
    found = prepared({"resize": size}, rows)
    assert found.dtype == np.float64
    for one, row in zip(found, rows, strict=True):
        image = Image.fromarray(row[..., 0]).resize(size[::-1], Image.Resampling.BILINEAR)
        assert np.allclose(one[..., 0], np.asarray(image), atol=1e-5)


def test_a_constant_image_stays_so():
    for dtype in ("i2", "u1", "i8", "f8"):
        rows = np.full((2, 7, 5), 93, dtype)
        found = prepared({"resize": [11, 3]}, rows)
        assert np.allclose(found, 93, rtol=1e-14) if dtype == "f8" else (found == 93).all()


def test_large_whole_numbers_are_rounded_in_their_type():
    rows = np.array([[[0, 30_000]]], np.int16)
    assert prepared({"resize": [1, 1]}, rows).tolist() == [[[15_000]]]


def test_a_memory_map_of_bytes_is_resized(tmp_path):
    np.save(tmp_path / "x.npy", IMAGES)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    step = {"resize": [6, 6]}
    assert (prepared(step, mapped) == prepared(step, IMAGES)).all()


def test_bytes_become_gray_as_in_pillow():
    found = prepared("grayscale", IMAGES)
    assert found.shape == (3, 13, 9, 1)
    for one, row in zip(found, IMAGES, strict=True):
        assert (one[..., 0] == np.asarray(Image.fromarray(row).convert("L"))).all()
    real = prepared("grayscale", IMAGES / 255)
    assert np.allclose(real[..., 0] * 255, IMAGES @ [0.299, 0.587, 0.114])


def test_the_middle_is_cropped():
    rows = np.arange(2 * 4 * 5).reshape(2, 4, 5)
    assert (prepared({"center_crop": [2, 2]}, rows) == rows[:, 1:3, 1:3]).all()
    assert (prepared({"center_crop": [4, 5]}, rows) == rows).all()


@pytest.mark.parametrize("step", [{"resize": 4}, {"center_crop": [3, 4]}, "grayscale"])
@pytest.mark.parametrize("dtype", ["uint8", "float64"])
def test_the_shape_rule_says_what_comes_out(step, dtype):
    rule = read_component("preprocessing", step)
    found = prepared(step, IMAGES.astype(dtype))
    assert rule.apply(TensorSpec((13, 9, 3), dtype)) == TensorSpec(found.shape[1:], dtype)


@pytest.mark.parametrize(
    ("step", "shape", "message"),
    [
        ({"resize": 4}, (784,), r"resize takes images, .* not \(784\)"),
        (
            {"center_crop": [14, 9]},
            (13, 9),
            r"takes \(14, 9\) of an image of \(13, 9\)",
        ),
        ("grayscale", (13, 9), "grayscale takes"),
        ("grayscale", (13, 9, 4), "grayscale takes"),
    ],
)
def test_what_is_no_such_image_is_an_error(step, shape, message):
    rule = read_component("preprocessing", step)
    with pytest.raises(ShapeError, match=message):
        rule.apply(TensorSpec(shape, "uint8"))


def test_a_number_that_is_none_is_told_at_its_place():
    rows = np.ones((3, 4, 4))
    rows[1, 2, 3] = np.nan
    for step in ({"resize": 2}, {"center_crop": [2, 4]}):
        with pytest.raises(DataError, match=r"row 1 of the array, at \[2, 3\]: nan is no number"):
            prepared(step, rows)
