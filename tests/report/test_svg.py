"""Pictures of numbers as SVG."""

import re

from nnspec.report import svg


def heights(counts):
    return sizes("height", svg.histogram(counts))


def sizes(name, picture):
    """The widths or heights of the rectangles of a picture."""
    return [float(size) for size in re.findall(rf'<rect[^>]* {name}="([^"]*)"', picture)]


def test_the_highest_bar_is_as_high_as_the_picture():
    assert heights([1, 4, 0]) == [svg.HEIGHT / 4, svg.HEIGHT, 0]
    assert heights([0]) == [0]
    assert svg.histogram([]) == ""


def test_a_bar_of_a_share():
    for share, width in ((0.25, svg.BAR_WIDTH / 4), (2, svg.BAR_WIDTH), (0, 0)):
        assert sizes("width", svg.bar(share)) == [width]
