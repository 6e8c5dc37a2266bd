"""The option `data.split`: which rows are kept from training, for validation and for the test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self, get_args

from pydantic import BeforeValidator, Field, model_validator

from nnspec.errors import Problem, SpecError, did_you_mean, quoted
from nnspec.options.messages import LocatedError, expected, problems_error
from nnspec.options.model import Model
from nnspec.options.types import PositiveInt, Seed
from nnspec.options.validation import validate

if TYPE_CHECKING:
    from nnspec.spec.document import Spec

_Word = Literal["random", "ordered", "stratified"]
Method = Literal["random", "ordered", "stratified", "group", "time", "column"]
_Fraction = Annotated[float, Field(gt=0, lt=1)]
_Column = Annotated[str, Field(min_length=1)]


def _check_size(value: Any) -> Any:
    """A fraction of all rows, or their number."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if is_number and (0 < value < 1 or (isinstance(value, int) and value > 0)):
        return value
    raise expected("a fraction of the rows between 0 and 1, or their number")


_Size = Annotated[
    float | int, BeforeValidator(_check_size, json_schema_input_type=_Fraction | PositiveInt)
]


class NamedMethod(Model):
    """How rows are split, by a column or a target of some name: one of the options is given."""

    stratified: _Column | None = None
    group: _Column | None = None
    time: _Column | None = None
    column: _Column | None = None

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        given = [name for name, value in self.options().items() if value is not None]
        if len(given) != 1:
            raise ValueError("write one of stratified, group, time and column, with a name")
        return self


def _check_method(value: Any) -> Any:
    """A word, or a map from one to the name of a column."""
    words = get_args(_Word)
    if isinstance(value, str) and value not in words:
        known = [*words, *NamedMethod.model_fields]
        hint = did_you_mean(value, known)
        if value in NamedMethod.model_fields:
            hint = f"write {{{value}: NAME}}, with the name of a column"
        problem = Problem(f"there is no way to split by {quoted(value)}", hint=hint)
        raise problems_error([problem])
    if isinstance(value, Mapping):
        return _read_named(value)
    if not isinstance(value, str | NamedMethod):
        raise expected(f"{', '.join(words)}, or a map such as {{group: customer}}")
    return value


def _read_named(value: Any) -> NamedMethod:
    """The word with its name, read apart from the plain words, so that a mistake is told once."""
    try:
        return validate(NamedMethod, value, "by")
    except SpecError as error:
        raise problems_error(error.problems) from None


_By = Annotated[
    _Word | NamedMethod, BeforeValidator(_check_method, json_schema_input_type=_Word | NamedMethod)
]


class Split(Model):
    """Which of a source's training rows are kept for the test, and which for validation.

    `test` and `validation` are fractions of all rows, or numbers of rows. `by` says which rows:
    `random` ones; `ordered`, the last ones; `stratified`, as many of each class of the target as
    there are among all rows (`{stratified: NAME}` where there are several targets);
    `{group: COLUMN}`, whole groups of rows that are equal in a column; `{time: COLUMN}`, the
    latest rows, and before them those for validation; `{column: COLUMN}`, what a column says of
    each row: train, validation or test. Random rows depend on the `seed`.
    """

    test: _Size | None = None
    validation: _Size | None = None
    by: _By = "random"
    seed: Seed = 0

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for part in ("test", "validation"):
            if self.method == "column" and getattr(self, part) is not None:
                raise LocatedError(f"the column says which rows are for {part}", part)
        return self

    @property
    def method(self) -> Method:
        """The way in which rows are split."""
        return self.by if isinstance(self.by, str) else self._named[0]

    @property
    def name(self) -> str | None:
        """The name of the column, or of the target; None where `by` has none."""
        return None if isinstance(self.by, str) else self._named[1]

    @property
    def _named(self) -> tuple[Method, str]:
        """The way and the name of `by`."""
        options: Any = self.by.options() if isinstance(self.by, NamedMethod) else {}
        return next((way, name) for way, name in options.items() if name is not None)

    @property
    def path(self) -> tuple[str, ...]:
        """The path of the column's name in the spec, or of `by`."""
        by = ("data", "split", "by")
        return by if isinstance(self.by, str) else (*by, self.method)

    @property
    def validates(self) -> bool:
        """Whether there are validation rows; of a column's parts only the data tell."""
        return self.validation is not None or self.method == "column"

    @property
    def is_idle(self) -> bool:
        """Whether it keeps no rows: it says how folds are dealt alone."""
        return self.test is None and not self.validates


def check_split(spec: Spec, split: Split) -> None:
    """Raise SpecError where a split does nothing, or another option splits the same rows."""
    if spec.train.validation_split is not None:
        message = "data.split splits the rows, and so does train.validation_split"
        where = spec.locate_key("train", "validation_split")
        raise SpecError(Problem(message, where, "write split: {validation: ...} in data alone"))
    if split.is_idle and spec.tune is None:
        message = "split keeps no rows: it says neither test nor validation"
        where = spec.locate_key("data", "split")
        raise SpecError(Problem(message, where, "for example split: {test: 0.2}"))
