"""The preprocessing step that makes numbers of buckets of real numbers: bucketize."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from nnspec.components.preprocessing.base import Transform
from nnspec.options.messages import LocatedError
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import MAX_SIZE


class BucketizeTransform(Transform, kind="bucketize", primary="bins"):
    """The number of the bucket in which each number lies: how many boundaries are at most x.

    `boundaries: [0, 10]` makes three buckets: 0 below 0, 1 from 0 to below 10, 2 from 10 on.
    `bins: n` takes the boundaries of each column from the training rows, so that about as many of
    them lie in each of n buckets: the quantiles 1/n, 2/n, ... (linear between two numbers). Equal
    quantiles are one boundary.
    """

    elementwise = True
    makes_indices = True
    bins: Annotated[int, Field(ge=2, le=MAX_SIZE)] | None = None
    boundaries: Annotated[tuple[float, ...], Field(min_length=1)] | None = None

    example = "{bucketize: {boundaries: [18, 65]}}"

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if (self.bins is None) is (self.boundaries is None):
            raise ValueError("needs bins or boundaries, one of the two")
        for number, (one, other) in enumerate(pairwise(self.boundaries or ())):
            if one >= other:
                raise LocatedError("boundaries ascend", "boundaries", number + 1)
        return self

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same shape in whole numbers."""
        return x._replace(dtype="int64")
