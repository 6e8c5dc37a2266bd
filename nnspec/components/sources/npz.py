"""A NumPy `.npz` archive as a source."""

from __future__ import annotations

from collections.abc import Container, Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, model_validator

from nnspec.components.sources.base import DataSpec
from nnspec.components.sources.files import FileSource
from nnspec.components.sources.named_arrays import (
    by_option,
    check_test_names,
    require_items,
    side_specs,
)
from nnspec.errors import ShapeError


def _as_list(value: Any) -> Any:
    """`weights` means [weights]."""
    return [value] if isinstance(value, str) else value


ArrayNames = Annotated[
    str | dict[str, Any],
    AfterValidator(
        require_items(str, "text, or a map of texts", "{} must be the name of an array")
    ),
]
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
            test = getattr(self, f"test_{side}")
            if test != _TEST[f"test_{side}"]:  # which stands beside a map too: there is none
                check_test_names(side, getattr(self, side), test, "the name of one array")
        return self

    def data_spec(self, folder: Path) -> DataSpec:
        """The TensorSpecs of the training arrays, from the archive's headers alone."""
        from nnspec.components.sources.npz_header import (
            ArrayError,  # only this source needs the archive's modules
            MissingFileError,
            npz_specs,
        )

        arrays = dict(by_option(self, ("inputs", "targets")))
        names = list(dict.fromkeys((*arrays.values(), *self.metadata)))
        try:
            specs = dict(zip(names, npz_specs(self.path_of(folder, "path"), names), strict=True))
        except ArrayError as error:
            naming = (option for option, name in arrays.items() if name == error.name)
            path = (self.kind, *next(naming, ("metadata",)))
            raise ShapeError(error.message, error.hint, path) from None
        except ShapeError as error:
            hint = self.path_hint("path") if isinstance(error, MissingFileError) else error.hint
            raise ShapeError(error.message, hint, (self.kind, "path")) from None
        found = {option: specs[name] for option, name in arrays.items()}
        return DataSpec(side_specs(found, "inputs"), side_specs(found, "targets"))

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
