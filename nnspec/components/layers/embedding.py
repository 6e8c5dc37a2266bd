"""Embedding: a vector for each category."""

from __future__ import annotations

from nnspec.components.initializers.random import RandomUniform
from nnspec.components.layers.base import (
    ConstraintField,
    Example,
    InitializerField,
    RegularizerField,
    Weight,
    WeightedLayer,
)
from nnspec.errors import ShapeError
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.options.types import PositiveInt, Shape


class Embedding(WeightedLayer, kind="embedding"):
    """y = E[x]: the row x of a table E (input_dim, output_dim), for each whole number x.

    Input of any shape, of whole numbers from 0 to input_dim - 1; output (*shape, output_dim).
    Parameters: input_dim output_dim.
    """

    row_independent = True

    input_dim: PositiveInt
    output_dim: PositiveInt
    embeddings_initializer: InitializerField = RandomUniform.model_construct()
    embeddings_regularizer: RegularizerField = None
    embeddings_constraint: ConstraintField = None

    examples = (
        Example({"input_dim": 7, "output_dim": 3}, (5,), dtype="int32"),
        Example({"input_dim": 4, "output_dim": 2}, (2, 3), dtype="int64"),
    )

    def infer(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """(*shape) of whole numbers -> (*shape, output_dim) of floats."""
        self.check_arity(len(inputs))
        if inputs[0].is_float:
            hint = "write network: {inputs: {words: {shape: [...], dtype: int32}}}"
            raise ShapeError(f"embedding needs whole numbers and gets {inputs[0].dtype}", hint)
        return (TensorSpec(self.output_shape(inputs[0].shape), FLOAT),)

    def output_shape(self, x: Shape) -> Shape:
        """(*shape) -> (*shape, output_dim)."""
        return (*x, self.output_dim)

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The table of vectors (input_dim, output_dim)."""
        initializer, regularizer = self.embeddings_initializer, self.embeddings_regularizer
        shape = self.input_dim, self.output_dim
        return {"embeddings": Weight(shape, initializer, regularizer, self.embeddings_constraint)}

    def flops(self, x: Shape) -> int:
        """Nothing is computed."""
        return 0
