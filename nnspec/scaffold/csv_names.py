"""Names of the columns of a CSV file: whether a row names them, and names for those without one."""

from __future__ import annotations

from collections.abc import Sequence

Row = Sequence[str]  # cells without spaces around them
_YEARS = range(1900, 2101)


def names_columns(first: Row, others: Sequence[Row]) -> bool:
    """Whether the first row names the columns, rather than being like the rows below it.

    It does not where each of its cells is a number above numbers, or a text that recurs below it;
    numbers that count up name columns, as pandas and tables of years do.
    """
    rows = [row for row in others if len(row) == len(first) and row != first]
    below = list(zip(*rows, strict=True))
    if not below or _count_up([cell for cell in first if is_number(cell)]):
        return True
    pairs = list(zip(first, below, strict=True))
    above_numbers = [cell for cell, column in pairs if _are_numbers(column)]
    if above_numbers:
        return not all(map(is_number, above_numbers))
    return not all(cell in column for cell, column in pairs)


def is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _are_numbers(column: Sequence[str]) -> bool:
    given = [cell for cell in column if cell]
    return bool(given) and all(map(is_number, given))


def _count_up(cells: Sequence[str]) -> bool:
    """Whether texts are 0, 1, 2, ..., or 1, 2, ..., or rising years."""
    if not all(cell.isdecimal() for cell in cells):
        return False
    numbers = list(map(int, cells))
    if numbers and all(number in _YEARS for number in numbers):
        return numbers == sorted(set(numbers))
    return (
        len(numbers) > 1
        and numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        and (numbers[0] in (0, 1))
    )


def repaired(names: Row) -> list[str]:
    """Names in which an empty one is that of the index or of its place, and none stands twice."""
    found = list[str]()
    for number, name in enumerate(names, 1):
        plain = name or ("index" if number == 1 else f"column_{number}")
        later = names[number:]
        found.append(_new(plain, {*found, *later} if plain != name or plain in found else set()))
    return found


def numbered(count: int) -> list[str]:
    """Names for columns that have none."""
    return [f"column_{number}" for number in range(1, count + 1)]


def _new(name: str, taken: set[str]) -> str:
    """A name, with a number behind it where it is taken."""
    number = 2
    new = name
    while new in taken:
        new, number = f"{name}_{number}", number + 1
    return new
