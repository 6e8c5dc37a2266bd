"""Hints for values that stand for another one elsewhere, tried out by validation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from nnspec.errors import Document, SpecError
from nnspec.language import reader
from nnspec.language.located import value_at, written_steps
from nnspec.language.number_texts import Meaning, meanings
from nnspec.options.written_values import as_written

Path = tuple[Any, ...]
_MAX_ITEMS = 100  # of a list that is looked at


def hint_for(value: Any, wanted: str) -> str:
    """How a value that must be `wanted` is written as a number, or as true or false."""
    for meaning in meanings(value):
        if isinstance(meaning.value, bool | int | float):
            fits = "true" in wanted if isinstance(meaning.value, bool) else "number" in wanted
            if fits and ("whole" not in wanted or isinstance(meaning.value, int)):
                return meaning.hint
    return _hint_for_truth(value) if "numbers" in wanted else ""


def data_hint(value: Any) -> str:
    """How a value that must be a number is written where no `${...}` is evaluated."""
    for meaning in meanings(value):
        if meaning.is_quoted and not isinstance(meaning.value, bool):
            return meaning.hint
        if isinstance(meaning.value, int | float) and not isinstance(meaning.value, bool):
            is_finite = isfinite(meaning.value)
            return f"write {meaning.value:.12g}" if is_finite else "numbers are finite"
    return _hint_for_truth(value)


def _hint_for_truth(value: Any) -> str:
    """How a truth value is written as a number."""
    truth = value if isinstance(value, bool) else next(meanings(value), None)
    truth = truth.value if isinstance(truth, Meaning) else truth
    if not isinstance(truth, bool):
        return ""
    return f"write {int(truth)} for {value if isinstance(value, str) else str(value).lower()}"


class NumberHints(NamedTuple):
    """Hints for the wrong values of a model's options.

    A hint is given where the value that it proposes is taken, or refused for another reason.
    """

    cls: type[BaseModel]
    options: Any

    def of(self, path: Path, wanted: str) -> str:
        """The hint for the value at a path, which is refused and must be `wanted`."""
        value = value_at(self.options, path)
        for meaning in _meanings_within(value):
            if isinstance(meaning.value, bool) and "true" not in wanted:
                continue
            if _helps(meaning, wanted):
                return meaning.hint
            if self._errors(path, meaning.value) != self._errors(path, value):
                return meaning.hint
        forms = _other_forms(value) if isinstance(value, str) else ()
        return next((form.hint for form in forms if self._takes(path, form.value)), "")

    def _takes(self, path: Path, value: Any) -> bool:
        """Whether nothing is wrong at a path, or below it, with another value there."""
        try:
            self.cls.model_validate(_with_value(self.options, path, value))
        except ValidationError as error:
            found = error.errors(include_url=False)
            return not any(one["loc"][: len(path)] == path for one in found)
        return True

    def _errors(self, path: Path, value: Any) -> set[tuple[str, str]]:
        """What would be wrong with the value at a path if it were another one."""
        changed = _with_value(self.options, path, value)
        try:
            self.cls.model_validate(changed)
        except ValidationError as error:
            found = error.errors(include_url=False)
            at = [one for one in found if written_steps(changed, one["loc"]) == path]
            return {(one["type"], one["msg"]) for one in at}
        return set()


def _helps(meaning: Meaning, wanted: str) -> bool:
    """Whether the hint for what must be `wanted` says enough, though its value is refused too."""
    is_number = isinstance(meaning.value, int | float) and not isinstance(meaning.value, bool)
    if not is_number or "number" not in wanted:
        return False
    return meaning.is_quoted or not isfinite(meaning.value)


def _meanings_within(value: Any) -> Iterator[Meaning]:
    """What a value may stand for; of a list, with each of its items replaced."""
    if not isinstance(value, list | tuple):
        yield from meanings(value)
        return
    if len(value) == 1 and isinstance(value[0], int | float):
        yield Meaning(value[0], f"write {as_written(value[0])}")
    first = [next(meanings(item), None) for item in value[:_MAX_ITEMS]]
    found = next(filter(None, first), None)
    if found is not None:
        pairs = zip(value, first, strict=False)
        yield found._replace(value=[item if one is None else one.value for item, one in pairs])


def _other_forms(text: str) -> Iterator[Meaning]:
    """What a text may be meant as that is no number: a list or a map in quotes, an item, a word."""
    try:
        parsed = reader.parse(Document("text", text))
    except SpecError:
        parsed = text
    if isinstance(parsed, list | dict):
        yield Meaning(parsed, f"a {'list' if isinstance(parsed, list) else 'map'} in quotes is "
                              "text: take the quotes off")  # fmt: skip
    yield Meaning([text], f"write [{text}]")
    yield Meaning(text.lower(), f"write {text.lower()}")


def _with_value(options: Any, path: Path, value: Any) -> Any:
    """A copy of the options with another value at a path."""
    if not path:
        return value
    copy: Any = dict(options) if isinstance(options, Mapping) else list(options)
    copy[path[0]] = _with_value(options[path[0]], path[1:], value)
    return copy
