"""Small arrays from the command line: text and files."""

import contextlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nnspec.data.literals import drop_unit_axes, read_literal
from nnspec.errors import NnspecError

NUMBERS = st.floats(-1e6, 1e6) | st.integers(-1000, 1000)


@given(st.lists(NUMBERS, min_size=1, max_size=5))
def test_a_written_list_is_read(values):
    assert read_literal(str(values), "--input").tolist() == values


def test_whole_numbers_are_integers_and_yaml_and_json_are_alike():
    assert read_literal("3", "--input").shape == ()
    assert read_literal("[[1, 2], [3, 4]]", "--input").dtype == np.int64
    assert read_literal("[1, 2.5]", "--input").dtype == np.float64
    assert read_literal("- 1\n- -2e-3", "--input").tolist() == [1, -0.002]


@given(st.text(max_size=30) | st.text("[]{}&*-:,.'0123456789en", max_size=30))
def test_any_text_is_numbers_or_an_error(text):
    with contextlib.suppress(NnspecError):
        assert np.isfinite(read_literal(text, "--input")).all()


def test_a_line_of_numbers_in_a_file(tmp_path):
    (tmp_path / "row.CSV").write_text("1, 2.5,-3\n")
    assert read_literal(str(tmp_path / "row.CSV"), "--input").tolist() == [1, 2.5, -3]


@pytest.mark.parametrize(
    ("mode", "colour", "read"),
    [
        ("L", 0, 255), ("L", 200, 55), ("1", 1, 0), ("RGB", (1, 2, 3), [1, 2, 3]),
        ("RGBA", (1, 2, 3, 255), [1, 2, 3]), ("LA", (200, 255), 55),
    ],
)  # fmt: skip
def test_greyscale_images_are_inverted_and_coloured_ones_are_not(tmp_path, mode, colour, read):
    path = tmp_path / "image.png"
    Image.new(mode, (3, 2), colour).save(path)
    found = read_literal(str(path), "--input")
    assert found.shape[:2] == (2, 3)
    assert found[1, 2].tolist() == read


def test_an_image_with_16_bits_is_refused(tmp_path):
    path = tmp_path / "deep.png"
    Image.fromarray(np.full((2, 2), 40_000, np.uint16)).save(path)
    with pytest.raises(NnspecError, match="more than 8 bits"):
        read_literal(str(path), "--input")


@pytest.mark.parametrize(
    ("shape", "wanted", "found"),
    [
        ((6, 6), (6, 6, 1), (6, 6, 1)),
        ((1, 6, 6, 1), (6, 6, 1), (6, 6, 1)),
        ((1,), (), ()),
        ((4, 9), (6, 6, 1), (4, 9)),
        ((6, 5), (5, 6), (6, 5)),
    ],
)
def test_axes_of_size_1_are_added_and_dropped(shape, wanted, found):
    assert drop_unit_axes(np.zeros(shape), wanted).shape == found
