"""Operations of expressions on values: arithmetic, comparison, indexing, functions, all bounded."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from nnspec.errors import did_you_mean, quoted

MAX_STEPS = 400_000  # of all expressions of a document
_LARGEST = 2.0**63
_TEXT_IN_A_STEP = 50  # characters that are compared in one step


class ExpressionError(ValueError):
    """The expression is invalid, or its operands do not fit."""


class StepsError(ExpressionError):
    """The expressions of a document take too many steps."""


class Budget:
    """Counts the steps of evaluations, and stops them where they are too many."""

    def __init__(self) -> None:
        self.left = MAX_STEPS

    def spend(self, steps: int) -> None:
        """Count steps; a StepsError where none are left."""
        self.left -= steps
        if self.left < 0:
            raise StepsError(f"the expressions of the spec take more than {MAX_STEPS:,} steps")


def describe(value: Any) -> str:
    """A value as an expression writes it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "a map"
    if isinstance(value, list):
        return f"a list of {len(value):,}" if value else "an empty list"
    return quoted(value)


# ---------------------------------------------------------------- arithmetic


def number(value: Any) -> Any:
    """The value, which must be a number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ExpressionError(f"cannot calculate with {describe(value)}")
    return value


def finite(value: Any) -> Any:
    """The number, which must be real and below 2**63."""
    if isinstance(value, complex) or not abs(value) < _LARGEST:
        raise ExpressionError("the result is not a number below 2**63")
    return value


def arithmetic(operation: Callable[[Any, Any], Any], left: Any, right: Any) -> Any:
    """The result of an operation on two numbers."""
    is_power = operation is operator.pow and abs(left) > 1 and right > 0
    if is_power and right * math.log2(abs(left)) > 63:
        raise ExpressionError("the power is too large")
    try:
        return finite(operation(left, right))
    except ArithmeticError as error:
        raise ExpressionError(str(error)) from None


# ---------------------------------------------------------------- truth and comparison


def truth(value: Any, what: str) -> bool:
    """The value, which must be true or false; `what` is its name in a message."""
    if not isinstance(value, bool):
        raise ExpressionError(f"{what} must be true or false, not {describe(value)}")
    return value


def in_order(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any, Budget], bool]:
    """A comparison of two numbers or two texts."""

    def compared(left: Any, right: Any, budget: Budget) -> bool:
        for kind in (int | float, str):
            if isinstance(left, kind) and isinstance(right, kind):
                if isinstance(left, bool) or isinstance(right, bool):
                    break
                budget.spend(_length(left))
                return compare(left, right)
        raise ExpressionError(f"cannot compare {describe(left)} with {describe(right)}")

    return compared


def equal(left: Any, right: Any, budget: Budget) -> bool:
    """Whether two values are equal: 1 is equal to 1.0, and neither to true nor to '1'."""
    budget.spend(_length(left))
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=False)
        return len(left) == len(right) and all(equal(a, b, budget) for a, b in pairs)
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            equal(left[key], right[key], budget) for key in left
        )
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def contains(value: Any, container: Any, budget: Budget) -> bool:
    """Whether a list has an item, a map a key, or a text a part."""
    if isinstance(container, list):
        return any(equal(value, one, budget) for one in container)
    if isinstance(container, dict | str) and isinstance(value, str):
        budget.spend(_length(container) if isinstance(container, str) else 1)
        return value in container
    raise ExpressionError(f"{describe(value)} cannot be in {describe(container)}")


def _length(value: Any) -> int:
    """The steps of reading a value, without those of its items."""
    if isinstance(value, str):
        return 1 + len(value) // _TEXT_IN_A_STEP
    return 1 + len(value) if isinstance(value, dict) else 1


# ---------------------------------------------------------------- indexing


def item(container: Any, index: Any) -> Any:
    """An item of a list by its number, from the end where negative, or of a map by its key."""
    if isinstance(container, dict):
        return _map_item(container, index)
    if not isinstance(container, list):
        raise ExpressionError(f"{describe(container)} has no items; lists and maps have")
    if isinstance(index, bool) or not isinstance(index, int):
        raise ExpressionError(f"a list's index must be a whole number, not {describe(index)}")
    if not -len(container) <= index < len(container):
        items = "1 item" if len(container) == 1 else f"{len(container):,} items"
        raise ExpressionError(f"list index {index} is out of range: it has {items}")
    return container[index]


def _map_item(container: dict[str, Any], key: Any) -> Any:
    if not isinstance(key, str):
        raise ExpressionError(f"a map's key must be a text, not {describe(key)}")
    if key not in container:
        hint = did_you_mean(key, list(container)) or "the map is empty"
        raise ExpressionError(f"the map has no key {quoted(key)}; {hint}")
    return container[key]


# ---------------------------------------------------------------- functions


class Function(NamedTuple):
    """A function of expressions, and how many arguments it takes."""

    compute: Callable[[Sequence[Any], Budget], Any]
    fewest: int
    most: int
    takes: str


def _numbers(arguments: Sequence[Any], budget: Budget) -> list[Any]:
    """The numbers that are the arguments, or the items of the only one, a list."""
    if len(arguments) == 1:
        (values,) = arguments
        if not isinstance(values, list) or not values:
            message = "one argument must be a list with items"
            raise ExpressionError(f"{message}, not {describe(values)}")
        budget.spend(len(values))
        arguments = values
    return [number(value) for value in arguments]


def _on_number(compute: Callable[[Any], Any]) -> Callable[[Sequence[Any], Budget], Any]:
    return lambda arguments, _: finite(compute(number(arguments[0])))


def _round(arguments: Sequence[Any], _: Budget) -> Any:
    """Round to a whole number, or to a number of decimals; halves to the even neighbour."""
    value, *digits = arguments
    if not digits:
        return finite(round(number(value)))
    if type(digits[0]) is not int or not -20 <= digits[0] <= 20:
        raise ExpressionError(f"round takes -20 to 20 decimals, not {describe(digits[0])}")
    return finite(round(number(value), digits[0]))


def _len(arguments: Sequence[Any], _: Budget) -> int:
    (value,) = arguments
    if not isinstance(value, list | dict | str):
        raise ExpressionError(f"{describe(value)} has no length; lists, maps and texts have")
    return len(value)


_ONE = (1, 1, "one argument")
_MANY = (1, 1000, "a list, or several numbers")
FUNCTIONS = {
    "abs": Function(_on_number(abs), *_ONE),
    "ceil": Function(_on_number(math.ceil), *_ONE),
    "floor": Function(_on_number(math.floor), *_ONE),
    "int": Function(_on_number(int), *_ONE),
    "len": Function(_len, *_ONE),
    "max": Function(lambda values, budget: finite(max(_numbers(values, budget))), *_MANY),
    "min": Function(lambda values, budget: finite(min(_numbers(values, budget))), *_MANY),
    "round": Function(_round, 1, 2, "a number, and how many decimals"),
}
