"""Steps that move pixels, beside NumPy's own functions and shifts by whole pixels."""

from __future__ import annotations

import numpy as np
import pytest

from nnspec.data.augmentation.geometry import translate_images
from nnspec.options.validation import read_component
from tests.data.augmentation.steps import COUNT, images, inputs

MODES = {"reflect": "symmetric", "nearest": "edge", "wrap": "wrap", "constant": "constant"}


def which(found, candidates):
    """The number of the candidate that each row equals; fails if one equals none."""
    equal = np.array([(found == one).reshape(COUNT, -1).all(axis=1) for one in candidates])
    assert equal.any(axis=0).all()
    return equal.argmax(axis=0)


@pytest.mark.parametrize(("mode", "axes"), [("horizontal", 2), ("vertical", 1)])
def test_a_flip_is_numpys_of_about_half_of_the_rows(mode, axes):
    x = images(5, 4, 3)
    found = which(inputs(x, {"random_flip": mode}), [x, np.flip(x, axes)])
    assert 0.3 < found.mean() < 0.7


def test_both_flips_are_drawn_each_by_itself():
    x = images(5, 4)
    candidates = [x, np.flip(x, 2), np.flip(x, 1), np.flip(x, (1, 2))]
    assert set(which(inputs(x, "random_flip"), candidates)) == {0, 1, 2, 3}


@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("quarters", [-3, -2, -1, 0, 1, 2, 3, 4])
def test_quarter_turns_are_numpys(quarters, interpolation):
    x = images(6, 6, 2)
    turn = [quarters / 4, quarters / 4]
    found = inputs(x, {"random_rotation": {"factor": turn, "interpolation": interpolation}})
    assert np.array_equal(found, np.rot90(x, quarters, axes=(1, 2)))


@pytest.mark.parametrize("size", [(6, 6), (5, 8)])
def test_a_half_turn_is_both_flips(size):
    x = images(*size)
    assert np.array_equal(inputs(x, {"random_rotation": [0.5, 0.5]}), np.flip(x, (1, 2)))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("shift", [(2, -3), (-5, 4), (0, 1)])
def test_a_shift_by_whole_pixels_is_numpys_padding(shift, mode):
    x, (down, right) = images(8, 8, 2), shift
    factors = {"height_factor": [down / 8] * 2, "width_factor": [right / 8] * 2}
    options = factors | {"fill_mode": mode}
    extra = {"constant_values": 7} if mode == "constant" else {}
    step = {"random_translation": options | {"fill_value": 7 if extra else 0}}
    padded = np.pad(x, ((0, 0), (8, 8), (8, 8), (0, 0)), MODES[mode], **extra)
    expected = padded[:, 8 - down : 16 - down, 8 - right : 16 - right]
    assert np.array_equal(inputs(x, step), expected)


def test_a_shift_by_half_a_pixel_is_the_mean_of_two():
    x = images(4, 4, dtype=np.float64)
    step = {"random_translation": {"height_factor": [0.125] * 2, "width_factor": [0, 0]}}
    above = np.concatenate([x[:, :1], x[:, :-1]], axis=1)
    assert inputs(x, step) == pytest.approx((x + above) / 2, abs=1e-15)


def test_a_zoom_of_nothing_leaves_images_as_they_are():
    x = images(5, 7, 3)
    assert np.array_equal(inputs(x, {"random_zoom": [0.0, 0.0]}), x)


def test_a_zoom_out_of_odd_images_reads_every_second_pixel():
    x = images(9, 9)
    found = inputs(x, {"random_zoom": [1.0, 1.0]})  # half as large
    assert np.array_equal(found[:, 2:7, 2:7], x[:, ::2, ::2])


def test_a_linear_image_is_interpolated_exactly():
    plane = 3.0 * np.arange(16)[:, None] + 0.5 * np.arange(16)
    x = np.broadcast_to(plane, (COUNT, 16, 16))
    height, width = np.random.default_rng(0).uniform(size=(2, COUNT))
    options = {"height_factor": 0.25, "width_factor": 0.25}
    step = read_component("augmentation", {"random_translation": options})
    found = translate_images(step, x[..., None], np.stack([height, width]))[..., 0]
    down, right = (16 * (0.5 * share - 0.25) for share in (height, width))
    expected = plane - (3.0 * down + 0.5 * right)[:, None, None]
    assert found[:, 4:12, 4:12] == pytest.approx(expected[:, 4:12, 4:12], abs=1e-4)  # 1/65536


def test_zoom_has_one_factor_for_both_axes_unless_there_are_two():
    x = images(9, 9)
    one, turned = inputs(x, {"random_zoom": 0.4}), np.swapaxes(x, 1, 2)
    same = np.swapaxes(inputs(turned, {"random_zoom": 0.4}), 1, 2)
    assert same == pytest.approx(one, abs=1e-6)
    two = {"random_zoom": {"height_factor": 0.4, "width_factor": 0.4}}
    assert np.abs(inputs(x, two) - one).max() > 0.1


@pytest.mark.framework
@pytest.mark.parametrize("interpolation", ["bilinear", "nearest"])
@pytest.mark.parametrize("mode", ["constant", "nearest", "wrap"])
@pytest.mark.parametrize(
    ("kind", "keras_name", "factors"),
    [
        ("random_rotation", "RandomRotation", {"factor": (0.07, 0.07)}),
        ("random_rotation", "RandomRotation", {"factor": (-0.3, -0.3)}),
        ("random_zoom", "RandomZoom", {"height_factor": (0.3, 0.3), "width_factor": (-0.2, -0.2)}),
        (
            "random_translation", "RandomTranslation",
            {"height_factor": (0.22, 0.22), "width_factor": (-0.13, -0.13)},
        ),
    ],
)  # fmt: skip
def test_a_fixed_transformation_is_that_of_keras(kind, keras_name, factors, mode, interpolation):
    keras = pytest.importorskip("keras")
    x = images(9, 12, 2)
    options = factors | {"fill_mode": mode, "interpolation": interpolation}
    layer = getattr(keras.layers, keras_name)(**options, data_format="channels_last")
    expected = keras.ops.convert_to_numpy(layer(x, training=True))
    written = {name: list(value) if name in factors else value for name, value in options.items()}
    found = inputs(x, {kind: written})
    inner = np.s_[:, 3:-3, 3:-3] if mode == "wrap" else np.s_[:]
    different = np.abs(found - expected)[inner] > 1e-3
    assert different.mean() < 0.02  # a place just at the middle between two pixels, or at the edge
