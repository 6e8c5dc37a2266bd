"""The preprocessing step that makes rows of whole numbers of text: tokenize."""

from __future__ import annotations

from math import prod
from typing import Annotated, Literal

from pydantic import Field

from nnspec.components.preprocessing.base import Transform
from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.tensor_spec import TensorSpec
from nnspec.options.types import MAX_SIZE, PositiveInt


class TokenizeTransform(Transform, kind="tokenize"):
    """The first `length` tokens of a text as numbers for an embedding, from 0 to vocabulary - 1.

    Tokens are its words (letters, digits and _, with apostrophes inside) or its characters; `lower`
    makes them small first. The tokens of the training rows get the numbers from 2 on, the most
    frequent first, those that are as frequent in the order of their text, as far as the
    `vocabulary` reaches. 1 is any other token, and 0 fills up a short text.

    A network takes them with `inputs: {words: {dtype: int32}}`, an embedding with an `input_dim` of
    the vocabulary.
    """

    takes = ("text",)
    makes_indices = True
    vocabulary: Annotated[int, Field(ge=3, le=MAX_SIZE)]
    length: PositiveInt
    by: Literal["words", "characters"] = "words"
    lower: bool = True

    example = "{tokenize: {vocabulary: 10000, length: 100}}"

    def apply(self, x: TensorSpec) -> TensorSpec:
        """Shape (length,) in int32; a ShapeError unless a row has exactly one text."""
        if prod(x.shape) != 1:
            raise ShapeError(f"tokenize needs one text a row and gets {format_shape(x.shape)}")
        return TensorSpec((self.length,), "int32")
