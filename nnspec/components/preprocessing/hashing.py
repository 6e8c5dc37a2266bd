"""The preprocessing step that numbers categories without a list of them: hash."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import ShapeError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import MAX_SIZE, Seed


class HashTransform(Transform, kind="hash", primary="buckets"):
    """h(x) mod buckets: a bucket for each text or whole number, without learning any category.

    h are the first 8 bytes of BLAKE2b, keyed by `seed`, of the text in UTF-8, or of the whole
    number in decimal digits: the same on every machine. Different values may share a bucket;
    another seed parts them otherwise.

    With `output_mode: one_hot` a column becomes as many columns as there are buckets, with 1 in
    column h(x) mod buckets; with `output_mode: int` that number itself, for an embedding.
    """

    takes = ("text", "numbers")
    buckets: Annotated[int, Field(ge=2, le=MAX_SIZE)]
    output_mode: Literal["one_hot", "int"] = "one_hot"
    seed: Annotated[Seed, Field(lt=2**64)] = 0

    example = "{hash: 32}"

    @property
    def elementwise(self) -> bool:  # type: ignore[override]
        """Whether each number of the result comes from the number in the same place alone."""
        return self.output_mode == "int"

    @property
    def makes_indices(self) -> bool:  # type: ignore[override]
        """Whether the result holds whole numbers from 0 on."""
        return self.output_mode == "int"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """(n columns) -> (n buckets) in float32; of `int` the same shape in whole numbers."""
        if self.output_mode == "int":
            return x._replace(dtype="int64")
        columns = prod(x.shape) * self.buckets
        if columns > MAX_SIZE:
            raise ShapeError(f"hash makes more than {MAX_SIZE:,} columns", "write output_mode: int")
        return TensorSpec((columns,), "float32")
