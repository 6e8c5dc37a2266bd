"""Options of sources that say one array, or several in a map from their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from nnspec.options.messages import LocatedError, expected
from nnspec.options.tensor_spec import TensorSpec

Option = tuple[str, ...]  # the name of an option, then that in its map where it holds one


def by_option(source: Any, options: Sequence[str]) -> Iterator[tuple[Option, Any]]:
    """What each option holds, or its map by names; an option that is None or lacks is left out."""
    for option in options:
        held = getattr(source, option, None)
        if isinstance(held, Mapping):
            yield from (((option, name), one) for name, one in held.items())
        elif held is not None:
            yield (option,), held


def side_specs(
    specs: Mapping[Option, TensorSpec], side: str
) -> TensorSpec | dict[str, TensorSpec | None]:
    """The TensorSpec of the only array of a side, or that of each by its name."""
    if (side,) in specs:
        return specs[side,]
    return {option[1]: one for option, one in specs.items() if option[0] == side}


def require_items(kinds: type | tuple[type, ...], form: str, item: str) -> Callable[[Any], Any]:
    """A validator of maps: there are items, all of some classes, as the message `item` says."""

    def check(value: Any) -> Any:
        if value == {}:
            raise expected(form)
        for name, one in value.items() if isinstance(value, Mapping) else ():
            if not isinstance(one, kinds):
                raise LocatedError(item.format(name), name)
        return value

    return check


def check_test_names(side: str, training: Any, test: Any, one: str) -> None:
    """Raise LocatedError unless test arrays have the names of the training arrays.

    `one` is what the option says of the only array.
    """
    needed = set(training) if isinstance(training, Mapping) else None
    if (set(test) if isinstance(test, Mapping) else None) != needed:
        what = f"a map with {', '.join(training)}" if needed else one
        raise LocatedError(f"test_{side} must be {what}, as {side} is", f"test_{side}")
