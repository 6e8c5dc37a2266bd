"""Tables of the functions that load sources, draw synthetic rows and preprocess rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nnspec.backends.arrays import Array
from nnspec.options.rules import Rules

FittedState = dict[str, Any]  # name -> values for JSON, mostly nested lists with the shape of a row
Categories = tuple[tuple[str, ...], ...]  # of each of several columns


class TrainingChunks(NamedTuple):
    """The training rows, as a step gets them; a call iterates over them in chunks."""

    iterate: Callable[[], Iterator[Array]]
    resolution: Callable[[], Array]  # by how much rounding changes a column's numbers, relatively
    on_rounded: Callable[[Array, Array, Array], None]  # columns taken for constant, and extremes
    categories: Categories | None = None  # of each column, where a contract lists them

    def __call__(self) -> Iterator[Array]:
        """Iterate over the rows in chunks."""
        return self.iterate()


def check_columns(state: FittedState) -> None:
    """Raise ValueError unless a state holds arrays of one shape and finite numbers."""
    columns = [np.asarray(column, dtype=np.float64) for column in state.values()]
    if len({column.shape for column in columns}) > 1:
        raise ValueError("different shapes")
    if not all(np.isfinite(column).all() for column in columns):
        raise ValueError("not finite")


def _fit_nothing(_: Any, __: TrainingChunks) -> FittedState:
    return {}


class TransformRule(NamedTuple):
    """Functions that fit and apply a preprocessing step.

    `fit(step, chunks)` returns the state, computed from the training rows alone.
    `apply(step, state, x)` transforms rows x (rows, ...); raises InvalidValueError, with the index
    in x, for a number that it cannot take.
    `inverse(step, state, y)` gives the x of which `apply` makes y, or the nearest; None where what
    `apply` does cannot be undone.
    """

    apply: Callable[[Any, FittedState, Array], Array]
    fit: Callable[[Any, TrainingChunks], FittedState] = _fit_nothing
    state: tuple[str, ...] = ()  # names in the state, in order
    optional_state: tuple[str, ...] = ()  # names that may follow
    check_state: Callable[[FittedState], None] = check_columns  # raises ValueError if damaged
    inverse: Callable[[Any, FittedState, Array], Array] | None = None


class TableRule(NamedTuple):
    """How the file of a table is opened, and as which number its first row mostly counts."""

    open: Callable[[Any, Path], Any]  # (source, path of the file) -> FormatReader
    first_row: int = 1


def _unchanged(_: Any, x: Array) -> Array:
    return x


class AugmentationRule(NamedTuple):
    """Functions of an augmentation step.

    `augment(step, batch)` gives the Rows of a TrainingBatch, which depend on each row's number and
    the epoch alone, not on the other rows of the batch. `evaluate(step, x)` is what becomes of the
    step's input x (rows, ...) where rows are not trained on: their shape is that after the step.
    """

    augment: Callable[[Any, Any], Any]
    evaluate: Callable[[Any, Array], Array] = _unchanged


SourceRule = Callable[[Any, Path], Any]  # (source, folder of the spec) -> RawSplits
# (function, SyntheticSampler) -> inputs, targets
FunctionRule = Callable[[Any, Any], tuple[Array, Array]]

TRANSFORMS: Rules[TransformRule] = Rules(
    "numpy", "preprocessing", "nnspec.data.preprocessing", {
        "bucketize": "discretization",
        "cast": "transforms",
        "center_crop": "images",
        "clip": "transforms",
        "date_parts": "dates",
        "divide": "transforms",
        "flatten": "transforms",
        "grayscale": "images",
        "hash": "hashing",
        "impute": "imputation",
        "log": "transforms",
        "normalize": "transforms",
        "one_hot": "categories",
        "ordinal": "categories",
        "polynomial": "transforms",
        "reshape": "transforms",
        "resize": "images",
        "scale": "transforms",
        "shuffle_columns": "transforms",
        "standardize": "transforms",
        "tokenize": "text",
    },
)  # fmt: skip
TABLES: Rules[TableRule] = Rules(
    "numpy", "source", "nnspec.data.tables", {
        "csv": "formats",
        "feather": "formats",
        "frame": "formats",
        "ndjson": "formats",
        "parquet": "formats",
    },
)  # fmt: skip
AUGMENTATIONS: Rules[AugmentationRule] = Rules(
    "numpy", "augmentation", "nnspec.data.augmentation", {
        "cutout": "pixels",
        "mixup": "mixing",
        "random_contrast": "pixels",
        "random_crop": "crop",
        "random_flip": "geometry",
        "random_rotation": "geometry",
        "random_translation": "geometry",
        "random_zoom": "geometry",
    },
)  # fmt: skip
SOURCES: Rules[SourceRule] = Rules(
    "numpy", "source", "nnspec.data", {
        "arrays": "sources:read_arrays",
        "cifar10": "published:read_cifar10",
        "cifar100": "published:read_cifar100",
        "fashion_mnist": "published:read_fashion_mnist",
        "idx": "array_files:read_array_files",
        "images": "image_files:read_images",
        "mnist": "published:read_mnist",
        "npy": "array_files:read_array_files",
        "npz": "sources:read_npz",
        "rows": "sources:read_inline",
        "synthetic": "sources:read_synthetic",
    },
)  # fmt: skip
UNLABELLED: Rules[SourceRule] = Rules(  # (source, folder of the spec) -> test inputs, or None
    "numpy", "unlabelled_test", "nnspec.data", {
        "idx": "array_files:unlabelled_arrays",
        "npy": "array_files:unlabelled_arrays",
        "npz": "sources:unlabelled_npz",
    },
)  # fmt: skip
FUNCTIONS: Rules[FunctionRule] = Rules(
    "numpy", "function", "nnspec.data", {
        "income_and_hours": "synthetic",
        "linear": "synthetic",
        "moons": "synthetic",
        "polynomial": "synthetic",
        "sine": "synthetic",
    },
)  # fmt: skip
