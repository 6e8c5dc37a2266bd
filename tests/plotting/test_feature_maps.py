"""The figure of filters and feature maps."""

import numpy as np
import pytest

from nnspec.analysis.feature_maps import FeatureMaps, feature_maps
from nnspec.plotting import feature_maps as picture
from nnspec.plotting import style
from tests.analysis.test_feature_maps import FILTERS, IMAGE, MAPS, kernel, trained_run
from tests.plotting.pictures import needs_matplotlib, texts


def panels(images, layers):
    """The arrays of the drawn images, in order."""
    from matplotlib.figure import Figure

    figure = Figure()
    picture.paint(figure, images, layers)
    return [np.ma.filled(axes.images[0].get_array(), np.nan) for axes in figure.axes if axes.images]


@needs_matplotlib
def test_the_image_the_filters_and_the_maps():
    images, layers = feature_maps(trained_run(**kernel()), IMAGE[None])
    drawn, filters, found, pooled = panels(images, layers)
    assert (drawn == IMAGE).all()
    assert (filters[:, :3] == FILTERS[0]).all()
    assert (filters[:, 4:] == FILTERS[1]).all()
    assert (found[:, :4] == MAPS[0]).all()
    assert (found[:, 5:] == MAPS[1]).all()
    assert pooled.shape == (2, 5)


@needs_matplotlib
def test_filters_of_several_channels_are_a_table():
    filters = np.arange(2 * 2 * 3 * 5.0).reshape(2, 2, 3, 5)
    layer = FeatureMaps("conv", "conv2d", np.zeros((4, 4, 5)), filters)
    _, table, _ = panels({"input": np.zeros((5, 5, 3))}, [layer])
    assert table.shape == (3 * 3 - 1, 5 * 3 - 1)
    assert (table[3:5, 6:8] == filters[:, :, 1, 2]).all()


@needs_matplotlib
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_an_image_of_any_channels_can_be_drawn(channels):
    layer = FeatureMaps("pool", "max_pooling2d", np.zeros((2, 2, channels)), None)
    images = {"input": np.full((4, 4, channels), 7.0)}
    svg = style.picture(
        ".svg", picture.size(1), lambda figure: picture.paint(figure, images, [layer])
    )
    assert {f"input: 4x4x{channels}", f"pool: {channels} maps of 2x2"} <= set(texts(svg))


@needs_matplotlib
def test_labels():
    images, layers = feature_maps(trained_run(**kernel()), IMAGE[None])
    svg = style.picture(
        ".svg", picture.size(2), lambda figure: picture.paint(figure, images, layers)
    )
    expected = {"conv2d: 2 filters of 3x3x1", "conv2d: 2 maps of 4x4", "weight", "output"}
    assert expected <= set(texts(svg))
