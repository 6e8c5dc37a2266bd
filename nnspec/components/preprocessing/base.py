"""The base class of preprocessing steps: options, and what a step does to a TensorSpec."""

from __future__ import annotations

from nnspec.options.component import Component
from nnspec.options.tensor_spec import TensorSpec


class Transform(Component):
    """Base class of preprocessing steps, from one array to the next."""

    family = "preprocessing"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The TensorSpec after the step; a ShapeError where it cannot be applied."""
        return x


def floating(dtype: str) -> str:
    """The dtype of a real-valued result: a float dtype as it is, else float64."""
    return dtype if dtype.startswith("float") else "float64"
