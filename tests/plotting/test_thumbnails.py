"""Small images as PNG and as braille characters."""

import io

import numpy as np
import pytest
from PIL import Image

from nnspec.plotting import thumbnails

STROKE = np.zeros((4, 4), np.uint8)
STROKE[:, 1] = 255


def opened(row, **options):
    return np.asarray(Image.open(io.BytesIO(thumbnails.png(row, **options))))


def test_a_grey_image_is_dark_on_white():
    pixels = opened(STROKE, zoom=2)
    assert pixels.shape == (8, 8)
    assert (pixels[:, 2:4] == 0).all()
    assert (np.delete(pixels, [2, 3], axis=1) == 255).all()


def test_a_channel_of_its_own_changes_nothing():
    assert (opened(STROKE[..., None]) == opened(STROKE)).all()


def test_colours_stay():
    row = np.zeros((2, 2, 3))
    row[0, 0] = [1.0, 0.5, 0.0]
    assert opened(row, zoom=1)[0, 0].tolist() == [255, 128, 0]


def test_a_constant_image_can_be_drawn():
    assert opened(np.zeros((2, 2)), zoom=1).shape == (2, 2)


def test_dots():
    assert thumbnails.dots(STROKE) == ["⢸⠀"]
    assert thumbnails.dots(np.eye(5)) == ["⠑⢄⠀", "⠀⠀⠁"]


def test_pictures_side_by_side():
    assert thumbnails.side_by_side([["a", "b"], ["c", "d"]], gap=" ") == "a c\nb d"


@pytest.mark.parametrize(
    ("shape", "is_image"),
    [((28, 28), True), ((28, 28, 1), True), ((8, 8, 3), True), ((8, 8, 4), False), ((9,), False)],
)
def test_what_can_be_drawn(shape, is_image):
    assert thumbnails.is_image(np.zeros(shape)) is is_image
