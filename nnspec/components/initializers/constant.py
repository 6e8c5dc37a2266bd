"""Initializers with one value: zeros, ones, constant."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.initializers.base import MAX_FLOAT32, Initializer


class Zeros(Initializer, kind="zeros"):
    """0 everywhere.

    Remark: for biases. Kernels that are all 0 get no gradient where the activation of 0 is 0
    (tanh, relu), so that only the output's bias learns; with sigmoid the output's kernel does too.
    """


class Ones(Initializer, kind="ones"):
    """1 everywhere.

    Remark: equal weights keep the neurons of a layer equal for ever; only a random start breaks
    the symmetry.
    """


class Constant(Initializer, kind="constant", primary="value"):
    """The same value everywhere.

    Remark: equal weights keep the neurons of a layer equal for ever; only a random start breaks
    the symmetry.
    """

    value: Annotated[float, Field(ge=-MAX_FLOAT32, le=MAX_FLOAT32)]

    example = "{constant: 0.1}"
