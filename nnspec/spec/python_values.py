"""Values that Python code gives for a spec, as those that YAML can write."""

from __future__ import annotations

from numbers import Integral
from typing import Any

from nnspec.errors import SpecError, quoted
from nnspec.language.located import LocatedList, LocatedMap


def yaml_values(value: Any, path: str = "") -> Any:
    """Nested values with NumPy's numbers and arrays as numbers and lists.

    A whole number as a key, such as that of a class, is a text. Raises SpecError for any other key
    that is no text; `path` is where the value stands.
    """
    if isinstance(value, LocatedMap | LocatedList):
        return value
    if isinstance(value, dict):
        return {_text(key, path): yaml_values(one, _at(path, key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return type(value)([yaml_values(one, path) for one in value])
    to_list = getattr(value, "tolist", None)  # of NumPy and what is like it
    return to_list() if callable(to_list) else value


def _text(key: Any, path: str) -> str:
    if not isinstance(key, str | Integral) or isinstance(key, bool):
        raise SpecError(f"{path or 'the spec'}: a key is a text, not {quoted(key)}")
    return str(key)


def _at(path: str, key: Any) -> str:
    return f"{path}.{key}" if path else str(key)
