"""Line plots in braille characters."""

from nnspec.cli.render.braille import plot, side_by_side

X = [index / 100 for index in range(101)]


def dots(lines):
    """The plot's dots as (column, row) from the top left."""
    return {
        (2 * column + bit // 4, 4 * row + bit % 4)
        for row, line in enumerate(lines)
        for column, character in enumerate(line)
        for bit, mask in enumerate((1, 2, 4, 64, 8, 16, 32, 128))
        if (ord(character) - 0x2800) & mask
    }


def body(lines, width=10):
    return [line[-width:] for line in lines[1:-1]]


def test_a_line_rises_from_corner_to_corner():
    lines = plot("f", X, X, 10, 5)
    drawn = dots(body(lines))
    assert drawn == {(column, 19 - row) for column, row in zip(range(20), range(20), strict=True)}
    assert lines[0].split() == ["f"]
    assert lines[1].split()[0] == "1"
    assert lines[-2].split()[0] == "0"
    assert lines[-1].split() == ["0", "1"]


def test_a_jump_is_joined():
    lines = plot("f", X, [float(x > 0.5) for x in X], 10, 5)
    drawn = dots(body(lines))
    assert {row for column, row in drawn if column == 10} | {19} == set(range(20))


def test_a_constant_is_a_straight_line():
    lines = plot("f", X, [3.0] * 101, 10, 5)
    assert dots(body(lines)) == {(column, 19) for column in range(20)}
    assert sum("3" in line for line in lines) == 1


def test_plots_side_by_side():
    one = plot("f", X, X, 10, 5)
    lines = side_by_side(one, one)
    assert len(lines) == len(one)
    assert lines[0].split() == ["f", "f"]
    assert lines[0].index("f") + len(one[0]) + 4 == lines[0].rindex("f")
