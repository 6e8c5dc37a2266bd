"""The base class of layers: options, traits, shape inference, weights, FLOPs, examples."""

from __future__ import annotations

from math import prod
from typing import Annotated, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator

from nnspec.components.initializers.base import Initializer
from nnspec.components.regularizers.base import Regularizer
from nnspec.errors import Problem
from nnspec.options.component import Component
from nnspec.options.messages import problems_error
from nnspec.options.shapes import format_factors
from nnspec.options.types import Shape
from nnspec.options.validation import ComponentField

InitializerField = Annotated[Initializer, ComponentField("initializer")]
RegularizerField = Annotated[Regularizer, ComponentField("regularizer")] | None


class Weight(NamedTuple):
    """A weight: canonical shape (channels last, kernels `(*kernel, in, out)`), initial values."""

    shape: Shape
    initializer: Initializer
    regularizer: Regularizer | None = None
    trainable: bool = True

    @property
    def size(self) -> int:
        """The number of elements."""
        return prod(self.shape)


class Noise(NamedTuple):
    """Random array that a layer gets for each row at each update; broadcasts over its input.

    `bernoulli`: 1 with probability `amount`, else 0. `normal`: N(0, amount^2).
    """

    kind: Literal["bernoulli", "normal"]
    shape: Shape
    amount: float


class Example(NamedTuple):
    """A layer on an input: documentation, smoke test and conformance case at once."""

    options: dict[str, object]
    input_shape: Shape


class Layer(Component):
    """A function from one tensor to another, with weights. Shapes are without the batch axis."""

    family = "layer"
    examples: ClassVar[tuple[Example, ...]] = ()

    # Traits: what passes and engines ask of a class. The defaults are right for every layer.
    affine: ClassVar[bool] = False  # the trained layer is y = A x + b
    elementwise: ClassVar[bool] = False  # each output is a function of the input at its place
    identity: ClassVar[bool] = False  # the same numbers, if in another shape
    local_weights: ClassVar[bool] = False  # its weights read small windows of an image
    normalizes: ClassVar[bool] = (
        False  # whatever the scale of its input, its output has mean 0 and deviation 1
    )
    probabilities: ClassVar[bool] = False  # its outputs are probabilities
    row_independent: ClassVar[bool] = False  # no row changes what another row gives
    saturates: ClassVar[bool] = False  # its derivative goes to 0 on both sides
    zero_gradient: ClassVar[bool] = False  # its derivative is 0 almost everywhere

    name: str | None = None

    def output_shape(self, x: Shape) -> Shape:
        """The shape of one row of the output; raises ShapeError where the input does not fit."""
        raise TypeError(f"{type(self).__name__} lacks a shape rule")

    def weights(self, x: Shape) -> dict[str, Weight]:
        """The weights for the input shape `x`, in Keras' order."""
        return {}

    def noise(self, x: Shape) -> Noise | None:
        """The random array that the layer needs at each update; None for most."""
        return None

    def flops(self, x: Shape) -> int:
        """Floating-point operations for one row, forward; a multiply-add counts as two."""
        return prod(self.output_shape(x))

    def formula(self, x: Shape) -> str:
        """The parameter count as a teacher writes it; evaluates to the sum over `weights`."""
        terms = ["*".join(map(format_factors, weight.shape)) for weight in self.weights(x).values()]
        return "+".join(terms)

    def lower(self) -> tuple[Layer, ...]:
        """The layers that this one stands for, applied one after the other."""
        return (self,)

    def bind(self, x: Shape) -> Layer:
        """The same layer with every option that depends on its input made a number."""
        return self


class ActivationLayer(Layer):
    """A layer that can also be named as another layer's `activation`."""

    also = ("activation",)

    def output_shape(self, x: Shape) -> Shape:
        """An activation keeps the shape."""
        return x


def _unnamed(activation: ActivationLayer) -> ActivationLayer:
    """Only a layer of its own has a name."""
    if activation.name is None:
        return activation
    problem = Problem(f"{activation.kind} inside a layer has no name", hint="name the layer")
    raise problems_error([problem])


RequiredActivationField = Annotated[
    ActivationLayer, ComponentField("activation"), AfterValidator(_unnamed)
]
ActivationField = RequiredActivationField | None


def split_activation(layer: Layer, activation: ActivationLayer | None) -> tuple[Layer, ...]:
    """A layer that ends in an activation as two layers; a linear activation adds nothing."""
    if activation is None:
        return (layer,)
    bare = layer.replace(activation=None)
    return (bare,) if activation.kind == "linear" else (bare, activation)
