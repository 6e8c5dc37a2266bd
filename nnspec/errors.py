"""Documents, source spans, problems, and the exceptions that carry them.

Problems are collected wherever they are found and rendered once, at the edge (the command
line or an uncaught exception), so that a user sees all mistakes of a file together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import NamedTuple

_LINE_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # the line breaks that libyaml counts
_MAX_SHOWN = 100  # characters of a source line, and of a value in a message
_MAX_USES = 4  # places of uses that are written out for one problem
MAX_RENDERED = 20  # problems of one error that are written out; all are in `problems`


class Document:
    """A text and the name by which messages call it: a file's path, or `command line`."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    @cached_property
    def lines(self) -> list[str]:
        """The text's lines, counted as the YAML parser counts them."""
        return _LINE_BREAK.split(self.text)


class SourceSpan(NamedTuple):
    """A span of one line of a document: `line` and `column` count from 0, `width` in characters.

    A value that a block or a repetition made also has the place of its use, which may itself
    stand in another block; a use's `role` says which repetition it is.
    """

    document: Document
    line: int
    column: int
    width: int = 1
    use: SourceSpan | None = None
    role: str = ""

    def __str__(self) -> str:
        return f"{visible(self.document.name)}:{self.line + 1}:{self.column + 1}"

    def uses(self) -> list[SourceSpan]:
        """The places of the uses that made the value, the innermost first."""
        found, span = [], self.use
        while span:
            found.append(span)
            span = span.use
        return found

    def as_use(self) -> str:
        """What messages say of the place of a use."""
        return f"{self.role}, at {self}" if self.role else f"used at {self}"

    def written(self) -> SourceSpan:
        """The same span without uses."""
        return SourceSpan(self.document, self.line, self.column, self.width)


def argument_place(text: str, name: str = "command line") -> SourceSpan:
    """The place of a whole argument of the command line; `name` may be that of its option."""
    return SourceSpan(Document(name, text), 0, 0, max(1, len(text)))


class Problem:
    """One mistake: a message, its source span where known, and a hint.

    A hint may be a function: it is called when it is read, because thousands of mistakes can be
    found at once, each search for the nearest name is slow, and only a few are ever shown.
    """

    __slots__ = ("_hint", "code", "message", "severity", "where")

    def __init__(
        self,
        message: str,
        where: SourceSpan | None = None,
        hint: str | Callable[[], str] = "",
        code: str = "spec",
        severity: str = "error",
    ) -> None:
        self.message = message
        self.where = where
        self._hint = hint
        self.code = code
        self.severity = severity

    @property
    def hint(self) -> str:
        """How to fix it."""
        return self._hint if isinstance(self._hint, str) else self._hint()

    def at(self, where: SourceSpan | None) -> Problem:
        """The same problem at a place; its own place stays where it has one."""
        if self.where or where is None:
            return self
        return Problem(self.message, where, self._hint, self.code, self.severity)

    def _key(self) -> tuple[object, ...]:
        return self.message, self.where, self.code, self.severity

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Problem) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Problem({self.message!r}, {str(self.where) if self.where else None!r})"

    def render(self) -> str:
        """The problem in at most ten lines: the sentence, the source line, the caret, the uses."""
        head = f"{self.where}: " if self.where else ""
        code = "" if self.severity == "error" else f" [{self.code}]"  # by which it is silenced
        first = f"{head}{self.severity}: {self.message}{code}"
        if not self.where:
            return f"{first} ({self.hint})" if self.hint else first
        return "\n".join([first, *_excerpt(self.where, self.hint), *_uses(self.where)])

    def mistake(self) -> tuple[object, ...]:
        """What is equal for one mistake in a block, however often the block is used."""
        message = self.message if self.severity == "error" else ""  # advice names each use's layer
        return message, self.where and self.where.written(), self.code, self.severity


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems sorted by file, line and column; those without a span come first."""
    return sorted(
        problems,
        key=lambda p: (
            (p.where.document.name, p.where.line, p.where.column) if p.where else ("", 0, 0)
        ),
    )


def rendered(problems: Sequence[Problem]) -> str:
    """The text of problems for a user; of very many, the first ones.

    A mistake in a block is told once, with its first use and the number of the others.
    """
    mistakes: dict[object, list[Problem]] = {}
    for problem in problems:
        used = problem.where and problem.where.use
        mistakes.setdefault(problem.mistake() if used else id(problem), []).append(problem)
    lines = [_render_all(same) for same in list(mistakes.values())[:MAX_RENDERED]]
    more = len(mistakes) - MAX_RENDERED
    return "\n".join([*lines, f"... and {more:,} more"] if more > 0 else lines)


def _render_all(same: Sequence[Problem]) -> str:
    text = same[0].render()
    others = len(same) - 1
    return f"{text}\n   and in {others:,} other use{'s' * (others > 1)}" if others else text


class NnspecError(Exception):
    """Base class of nnspec's exceptions; carries one or more problems."""

    def __init__(self, problems: Problem | Iterable[Problem] | str, hint: str = "") -> None:
        if isinstance(problems, str):
            problems = Problem(problems, hint=hint)
        self.problems: tuple[Problem, ...] = (
            (problems,) if isinstance(problems, Problem) else tuple(problems)
        )
        super().__init__(self.problems)

    def __str__(self) -> str:
        return rendered(self.problems)


class SpecError(NnspecError):
    """The spec is not a spec: bad YAML, an unknown key, a wrong value, shapes that do not fit."""


class DataError(NnspecError):
    """The data are missing, damaged, or not what the spec says that they are."""


class RunError(NnspecError):
    """A run folder is missing, damaged, or cannot be written."""


class BackendError(NnspecError):
    """A backend is unknown, not installed, or lacks a rule."""


class ShapeError(Exception):
    """Raised by a shape rule; the pass that called the rule adds the layer's place.

    `path` leads from the component, by its kind, to the option that is at fault.
    """

    def __init__(self, message: str, hint: str = "", path: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.path = path


def visible(text: str) -> str:
    """The text with each unprintable character escaped, so that it cannot disturb a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def quoted(value: object) -> str:
    """A value as a message shows it: escaped, and cut where it is long."""
    return cut(visible(repr(value) if isinstance(value, str) else str(value)[: _MAX_SHOWN * 2]))


def cut(text: str) -> str:
    """A text as a message shows it, its end left out where it is long."""
    return text if len(text) <= _MAX_SHOWN else f"{text[: _MAX_SHOWN - 3]}..."


# What other tools and habits call a thing; only ever proposed, never taken.
_ELSEWHERE = {
    "acc": "accuracy", "categorical_accuracy": "accuracy",
    "f1": "f1_score", "sparse_categorical_accuracy": "accuracy",
    "sparse_top_k_categorical_accuracy": "top_k_categorical_accuracy",
    "top_k_accuracy": "top_k_categorical_accuracy",
    "avg_pool2d": "average_pooling2d", "batch_norm": "batch_normalization",
    "batchnorm2d": "batch_normalization", "bce": "binary_crossentropy", "bias": "use_bias",
    "cross_entropy": "categorical_crossentropy", "dilation": "dilation_rate", "fc": "dense",
    "kernel": "kernel_size", "kld": "kl_divergence", "logcosh": "log_cosh", "lr": "learning_rate",
    "mae": "mean_absolute_error", "mape": "mean_absolute_percentage_error",
    "max_pool2d": "max_pooling2d", "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error", "nodes": "units", "out_channels": "filters",
    "out_features": "units", "p": "rate", "r2": "r2_score", "rmse": "root_mean_squared_error",
    "smooth_l1": "huber", "step": "heaviside", "betas": "beta_1",
}  # fmt: skip


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is meant by `word`: its name here, or what it misspells; or None."""
    from difflib import get_close_matches  # only a mistake pays for it

    known = list(known)
    if len(word) > _MAX_SHOWN:
        return None
    if _ELSEWHERE.get(word.lower()) in known:
        return _ELSEWHERE[word.lower()]
    choices = {name.lower().replace("_", ""): name for name in known}
    found = get_close_matches(word.lower().replace("_", ""), choices, n=1, cutoff=0.6)
    return choices[found[0]] if found else None


def check_type(value: object, wanted: type, hint: str = "") -> None:
    """Raise NnspecError, with both types, unless a Python caller's argument is of a type."""
    if not isinstance(value, wanted):
        raise NnspecError(f"this needs a {wanted.__name__}, not {typed(value)}", hint)


def typed(value: object) -> str:
    """A value as a message shows it, with its type."""
    return "None" if value is None else f"the {type(value).__name__} {quoted(value)}"


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """A hint for an unknown word: the nearest known one, or the list where it is short."""
    key, colon, value = word.partition(":")
    if colon and value and key.strip() in known:
        is_quoted = value.startswith(" ")
        what = "take the quotes off" if is_quoted else "put a space after the colon"
        return f"{what}: {key.strip()}: {value.strip()}"
    guess = nearest(word, known)
    if guess:
        return f"did you mean {guess!r}?"
    listed = ", ".join(sorted(set(known))[:12])
    return f"known: {listed}{', ...' if len(known) > 12 else ''}" if known else ""


def _uses(place: SourceSpan) -> list[str]:
    """A line for each use that made the value; of many, the innermost and the outermost ones."""
    lines = [f"   {use.as_use()}" for use in place.uses()]
    left_out = len(lines) - _MAX_USES
    if left_out <= 0:
        return lines
    inner = _MAX_USES // 2
    return [*lines[:inner], f"   ... {left_out} more uses", *lines[inner + left_out :]]


def _excerpt(place: SourceSpan, hint: str) -> list[str]:
    lines = place.document.lines
    if place.line >= len(lines):
        return [f"    {hint}"] if hint else []
    start = max(0, place.column - _MAX_SHOWN // 2) if len(lines[place.line]) > _MAX_SHOWN else 0
    cut = lines[place.line][start : start + _MAX_SHOWN]
    text = "".join(c if c.isprintable() else " " for c in cut)
    column = place.column - start
    carets = "^" * max(1, min(place.width, len(text) - column))
    return [f"{place.line + 1:>9} | {text}", f"{'':9} | {' ' * column}{carets} {hint}".rstrip()]
