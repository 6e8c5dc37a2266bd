"""What names tell of the order of layers."""

import pytest

from nnspec.weight_import.layer_order import counted_on, feeds, natural, precedes


def path(name):
    return tuple(map(natural, name.split(".")))


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ("layer1.0.conv2", "layer1.1.conv1", True),
        ("features.2", "features.10", True),
        ("features.10", "features.2", False),
        ("conv1", "layer1.0.conv1", False),
        ("f.a.0", "f.b.0", True),
        ("inception3b.branch1", "inception4a.branch1", True),
        ("Mixed_5b.conv", "Mixed_5c.conv", True),
        ("proj.0", "f.a.0", False),
        ("conv", "conv", False),
    ],
)
def test_what_precedes(first, second, known):
    assert precedes(path(first), path(second)) is known


def test_numbered_branches_do_not_feed_each_other():
    assert precedes(path("branch1.0"), path("branch2.0"))
    assert not feeds(path("branch1.0"), path("branch2.0"))
    assert feeds(path("branch1.0"), path("branch1.1"))


@pytest.mark.parametrize(
    ("first", "second", "known"),
    [
        ("conv2d", "conv2d_1", True),
        ("conv2_block1_0_conv", "conv2_block1_3_conv", True),
        ("conv2_block1_3_conv", "conv3_block1_1_conv", False),
        ("dense", "conv2d_1", False),
    ],
)
def test_what_is_counted_on(first, second, known):
    assert counted_on(first, second) is known
