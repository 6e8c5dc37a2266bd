"""Translation of pydantic's errors to located problems: one sentence for each mistake.

Pydantic reports one error for each branch of a union and for each missing option. A user made
one mistake there, so errors about the same written value become one sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, get_args

from pydantic import BaseModel, GetCoreSchemaHandler, ValidationError, ValidatorFunctionWrapHandler
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_wrap_validator_function

from nnspec.errors import (
    MAX_RENDERED,
    Problem,
    cut,
    did_you_mean,
    in_order,
    nearest,
    quoted,
    visible,
)
from nnspec.language.located import key_place, locate, value_at, written_steps

DOCUMENT = "the spec"  # what messages call a whole spec
_MAX_NAME = 100

Path = tuple[Any, ...]


class LocatedError(ValueError):
    """Raised by a validator that knows which of the values below it is wrong."""

    def __init__(self, message: str, *path: str | int) -> None:
        super().__init__(message)
        self.path = path


class ExpectedForm:
    """In `Annotated`: whatever is wrong with the value, say that it must be `what`."""

    def __init__(self, what: str) -> None:
        self.what = what

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """The type's schema, whose errors are replaced by one."""
        return no_info_wrap_validator_function(self._validate, handler(source))

    def _validate(self, value: Any, inner: ValidatorFunctionWrapHandler) -> Any:
        try:
            return inner(value)
        except ValidationError:
            raise expected(self.what) from None


def expected(what: str) -> PydanticCustomError:
    """The error, for validators to raise, that a value must be `what`."""
    return PydanticCustomError("expected", "must be {expected}", {"expected": what})


def problems_error(problems: Sequence[Problem]) -> PydanticCustomError:
    """The error, for validators to raise, that carries problems; `translate` gives them places."""
    said = "; ".join(problem.message for problem in problems)
    return PydanticCustomError("problems", "{said}", {"problems": tuple(problems), "said": said})


def translate(
    error: ValidationError, cls: type[BaseModel], title: str, options: Any, located: Any
) -> list[Problem]:
    """The problems of a model's validation error, in the file's order.

    The model is of class `cls` and messages call it `title`; it was read from `options`, and
    `located` has the source spans.
    """
    missing: dict[Path, list[str]] = {}
    wrong: dict[Path, list[Any]] = {}
    unknown: dict[Path, list[str]] = {}
    problems: list[Problem] = []
    for one in error.errors(include_url=False):
        path = one["loc"]
        if one["type"] == "problems":
            place = locate(located, path)
            problems += [problem.at(place) for problem in one["ctx"]["problems"]]
        elif one["type"] == "missing" and isinstance(path[-1], int):
            few = {**one, "type": "too_few"}
            wrong.setdefault(written_steps(options, path[:-1]), []).append(few)
        elif one["type"] == "missing":
            missing.setdefault(path[:-1], []).append(str(path[-1]))
        elif one["type"] == "extra_forbidden":
            unknown.setdefault(path[:-1], []).append(str(path[-1]))
            problems.append(_unknown_option(cls, title, path, located))
        elif not _is_echo(one):
            wrong.setdefault(written_steps(options, path), []).append(one)
    for path, names in missing.items():
        problems += _missing(title, path, _not_misspelt(names, unknown.get(path, [])), located)
    hint = partial(_number_hint, cls, options)
    problems += [_wrong(title, path, errors, located, hint) for path, errors in wrong.items()]
    return in_order(problems)


def number_hint(value: Any, wanted: str) -> str:
    """How a value that must be `wanted` is written as a number, or as true or false."""
    from nnspec.options.number_hints import hint_for  # only a mistake pays for it

    return hint_for(value, wanted)


def describe_value(value: Any) -> str:
    """A value for a message: what it is, and its text where that is short."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return f"a map with {_listed(list(value)[:3])}" if value else "an empty map"
    if isinstance(value, list | tuple):
        from nnspec.options.written_values import as_written  # only a mistake pays for it

        return f"the list {cut(as_written(value[:50]))}" if value else "an empty list"
    return f"the text {quoted(value)}" if isinstance(value, str) else quoted(value)


def _is_echo(error: Any) -> bool:
    """Whether a list is only too short because items of it, reported themselves, are wrong."""
    too_short = error["type"] == "too_short"
    return bool(too_short and len(error["input"]) >= error["ctx"]["min_length"])


def _not_misspelt(missing: Sequence[str], unknown: Sequence[str]) -> list[str]:
    """The missing options that no unknown one stands for: a misspelling is one mistake."""
    meant = {nearest(word, missing) for word in unknown[:MAX_RENDERED]}
    return [name for name in missing if name not in meant]


def _missing(title: str, path: Path, names: Sequence[str], located: Any) -> list[Problem]:
    if not names:
        return []
    return [Problem(f"{_owner(title, path)} needs {_listed(names)}", locate(located, path))]


def _unknown_option(cls: type[BaseModel], title: str, path: Path, located: Any) -> Problem:
    message = f"{_owner(title, path[:-1])} has no option {quoted(path[-1])}"
    place = key_place(located, path)
    return Problem(message, place, lambda: did_you_mean(str(path[-1]), _options_at(cls, path[:-1])))


def _wrong(
    title: str, path: Path, errors: Sequence[Any], located: Any, hint: Callable[..., str]
) -> Problem:
    """The problem for all errors about one written value."""
    first = errors[0]
    if first["type"] in ("value_error", "assertion_error"):
        return _at_fault(title, path, first["ctx"]["error"], first["input"], located)
    value, subject, place = first["input"], _subject(title, path), locate(located, path)
    if not _states_an_expectation(first):
        return Problem(f"{subject}: {first['msg']}", place)
    wanted = " or ".join(dict.fromkeys(map(_expectation, errors)))
    if value is None:
        return Problem(f"{subject} is empty", place, f"it must be {wanted}")
    message = f"{subject} must be {wanted}, not {describe_value(value)}"
    return Problem(message, place, partial(hint, path, wanted))


def _number_hint(cls: type[BaseModel], options: Any, path: Path, wanted: str) -> str:
    from nnspec.options.number_hints import NumberHints

    return NumberHints(cls, options).of(path, wanted)


def _at_fault(title: str, path: Path, error: ValueError, value: Any, located: Any) -> Problem:
    """A validator's own sentence: about one option, or about how the options fit together."""
    written = (*path, *getattr(error, "path", ()))
    subject, place, said = _subject(title, path), locate(located, written), str(error)
    hint = partial(number_hint, value_at(located, written), said)
    if isinstance(value, Mapping | BaseModel):
        owner = _owner(title, path)
        return Problem(said if said.startswith(owner) else f"{owner}: {said}", place, hint)
    if not said.startswith("must "):
        return Problem(f"{subject}: {said or 'its validator refuses it'}", place, hint)
    return Problem(f"{subject} {said}, not {describe_value(value)}", place, hint)


_EXPECTED = {
    "int_type": "a whole number", "float_type": "a number", "bool_type": "true or false",
    "string_type": "text", "tuple_type": "a list", "list_type": "a list", "dict_type": "a map",
    "model_type": "a map", "int_from_float": "a whole number",
    "finite_number": "a finite number", "literal_error": "{expected}", "expected": "{expected}",
    "greater_than": "above {gt}", "greater_than_equal": "at least {ge}",
    "less_than": "below {lt}", "less_than_equal": "at most {le}",
    "too_few": "a longer list", "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
}  # fmt: skip


_PREFIX = "Input should be "


def _states_an_expectation(error: Any) -> bool:
    """Whether an error says what its value must be; a plug-in's own error may say anything."""
    return error["type"] in _EXPECTED or str(error["msg"]).startswith(_PREFIX)


def _expectation(error: Any) -> str:
    """What the value must be, in the words of `_EXPECTED` or in pydantic's."""
    known = _EXPECTED.get(error["type"])
    if known:
        return known.format_map(error.get("ctx", {}))
    return str(error["msg"]).removeprefix(_PREFIX)


def _options_at(cls: type[BaseModel], path: Path) -> list[str]:
    """The option names of the model to which `path` leads."""
    for step in path:
        field = cls.model_fields.get(step) if isinstance(step, str) else None
        cls = next(_models(field.annotation), cls) if field else cls
    return list(cls.model_fields)


def _models(hint: Any) -> Iterator[type[BaseModel]]:
    """The model classes that a type names."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for argument in get_args(hint):
        yield from _models(argument)


def _names(title: str, path: Path) -> list[str]:
    """What leads to an option, as messages name it: `dense`, `units`; a section by its own name."""
    names = [visible(step)[:_MAX_NAME] for step in path if isinstance(step, str)]
    return names if names and title == DOCUMENT else [title, *names]


def _owner(title: str, path: Path) -> str:
    return _names(title, path)[-1]


def _subject(title: str, path: Path) -> str:
    return ": ".join(_names(title, path))


def _listed(names: Iterable[Any]) -> str:
    *others, last = map(quoted, names)
    return f"{', '.join(others)} and {last}" if others else last
