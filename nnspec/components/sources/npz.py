"""A NumPy `.npz` archive as a source."""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from nnspec.components.sources.base import DataSpec
from nnspec.components.sources.files import FileSource
from nnspec.errors import ShapeError
from nnspec.options.messages import LocatedError, expected
from nnspec.options.tensor_spec import TensorSpec


def _check_texts(value: Any) -> Any:
    """The name of each array is a text."""
    if value == {}:
        raise expected("text, or a map of texts")
    for name, array in value.items() if isinstance(value, Mapping) else ():
        if not isinstance(array, str):
            raise LocatedError(f"{name} must be the name of an array", name)
    return value


def _as_list(value: Any) -> Any:
    """`weights` means [weights]."""
    return [value] if isinstance(value, str) else value


ArrayNames = Annotated[str | dict[str, Any], AfterValidator(_check_texts)]
_TEST = {"test_inputs": "x_test", "test_targets": "y_test"}


class Npz(FileSource, kind="npz", primary="path"):
    """Arrays in a NumPy `.npz` archive; never a pickle. Its path is relative to the spec.

    `inputs`, `targets`, `test_inputs` and `test_targets` name the arrays; the last two may be
    missing from the file. Test inputs without targets can be predicted, not evaluated. For several
    inputs or targets each is a map: `{image: x_image}` is the input `image` in the array `x_image`.
    `metadata` names further arrays of training rows, such as their weights.
    """

    path: str
    inputs: ArrayNames = "x_train"
    targets: ArrayNames = "y_train"
    test_inputs: ArrayNames = _TEST["test_inputs"]
    test_targets: ArrayNames = _TEST["test_targets"]
    metadata: Annotated[
        tuple[str, ...], BeforeValidator(_as_list, json_schema_input_type=str | tuple[str, ...])
    ] = ()

    example = "{npz: digits.npz}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        for side in ("inputs", "targets"):
            _check_test_names(side, getattr(self, side), getattr(self, f"test_{side}"))
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the training arrays, from the archive's headers alone."""
        from nnspec.components.sources.npz_header import (
            ArrayError,  # only this source needs the archive's modules
            MissingFileError,
            npz_specs,
        )

        named = (*array_names(self.inputs), *array_names(self.targets), *self.metadata)
        names = list(dict.fromkeys(named))
        try:
            specs = dict(zip(names, npz_specs(self.path_of(folder, "path"), names), strict=True))
        except ArrayError as error:
            path = (self.kind, *self._option_of(error.name))
            raise ShapeError(error.message, error.hint, path) from None
        except ShapeError as error:
            hint = self.path_hint("path") if isinstance(error, MissingFileError) else error.hint
            raise ShapeError(error.message, hint, (self.kind, "path")) from None
        return DataSpec(_side(self.inputs, specs), _side(self.targets, specs))

    def _option_of(self, array: str) -> tuple[str, ...]:
        """The option that names a training array, with the name that it gives to it."""
        for option in ("inputs", "targets"):
            names = getattr(self, option)
            for name, held in names.items() if isinstance(names, Mapping) else [("", names)]:
                if held == array:
                    return (option, name) if name else (option,)
        return ("metadata",) if array in self.metadata else ()

    def lacks_test(self, folder: Path) -> str:
        """The test targets beside test inputs, or the other way round."""
        from nnspec.components.sources.npz_header import held_names

        held = held_names(self.path_of(folder, "path"))
        sides = self.test_inputs, self.test_targets
        if not has_one_side(*sides, held):
            return ""
        names = [name for side in sides for name in array_names(side)]
        there = ", ".join(name for name in names if name in held)
        return f"{', '.join(name for name in names if name not in held)} beside {there}"


def has_one_side(inputs: ArrayNames, targets: ArrayNames, held: Container[str]) -> bool:
    """Whether an archive holds arrays of the test inputs alone, or of the test targets alone."""
    return _has_any(inputs, held) != _has_any(targets, held)


def _has_any(names: ArrayNames, held: Container[str]) -> bool:
    return any(name in held for name in array_names(names))


def array_names(names: str | Mapping[str, str]) -> list[str]:
    """The names of the arrays of one option, as they are in the archive."""
    return [names] if isinstance(names, str) else list(names.values())


def _check_test_names(side: str, training: Any, test: Any) -> None:
    """Raise LocatedError unless the test rows have the names of the training rows.

    The default name of the test array also stands beside a map: it says that there is none.
    """
    if test == _TEST[f"test_{side}"]:
        return
    needed = set(training) if isinstance(training, Mapping) else None
    if (set(test) if isinstance(test, Mapping) else None) != needed:
        what = f"a map with {', '.join(training)}" if needed else "the name of one array"
        raise LocatedError(f"test_{side} must be {what}, as {side} is", f"test_{side}")


def _side(
    names: str | Mapping[str, str], specs: Mapping[str, TensorSpec]
) -> TensorSpec | dict[str, TensorSpec | None]:
    """The TensorSpec of the only array of a side, or that of each by its name."""
    if isinstance(names, str):
        return specs[names]
    return {name: specs[array] for name, array in names.items()}
