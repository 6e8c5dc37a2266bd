"""The base classes of layers: options, traits, shape inference, weights, FLOPs, examples."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, prod
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from nnspec.components.constraints.base import Constraint
from nnspec.components.initializers.base import Initializer
from nnspec.components.regularizers.base import Regularizer
from nnspec.errors import Problem, ShapeError
from nnspec.options.component import Component
from nnspec.options.messages import problems_error
from nnspec.options.shapes import format_factors
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.options.types import Shape
from nnspec.options.validation import ComponentField

InitializerField = Annotated[Initializer, ComponentField("initializer")]
RegularizerField = Annotated[Regularizer, ComponentField("regularizer")] | None
ConstraintField = Annotated[Constraint, ComponentField("constraint")] | None


class Weight(NamedTuple):
    """A weight: canonical shape (channels last, kernels `(*kernel, in, out)`), initial values."""

    shape: Shape
    initializer: Initializer
    regularizer: Regularizer | None = None
    constraint: Constraint | None = None
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
    """A layer on its inputs: documentation, smoke test and conformance case at once."""

    options: dict[str, object]
    input_shape: Shape
    other_shapes: tuple[Shape, ...] = ()  # of further inputs
    dtype: str = FLOAT  # of all inputs

    @property
    def inputs(self) -> tuple[TensorSpec, ...]:
        """Shape and dtype of each input."""
        return tuple(TensorSpec(s, self.dtype) for s in (self.input_shape, *self.other_shapes))


class SymbolicTensor(NamedTuple):
    """A value of a graph that is being built: its name, shape and dtype."""

    name: str
    spec: TensorSpec

    @property
    def shape(self) -> Shape:
        """Shape of one row."""
        return self.spec.shape


# Adds a layer that reads some values to the graph; returns the value that the layer gives.
AddLayer = Callable[..., SymbolicTensor]


def _one_or_several(value: object) -> object:
    """`a` means (a)."""
    return (value,) if isinstance(value, str) else value


_Names = Annotated[tuple[str, ...], Field(min_length=1)]
Reads = Annotated[_Names, BeforeValidator(_one_or_several, json_schema_input_type=str | _Names)]


class LayerItem(Component):
    """An item of a list of layers: a layer, or a group of layers.

    It reads the value of the item before it, or the values of the items and network inputs that
    `inputs` names: `vision` is a layer, `vision.pooled` a layer inside the group `vision`.
    """

    family = "layer"
    examples: ClassVar[tuple[Example, ...]] = ()

    name: str | None = None
    inputs: Reads | None = None

    @property
    def default_name(self) -> str:
        """What the item is called where it has no name; further ones are numbered."""
        return self.kind


class Layer(LayerItem):
    """A function from tensors to tensors, with weights. Shapes are without the batch axis."""

    # Traits: what passes and engines ask of a class. The defaults are right for every layer.
    arity: ClassVar[int | None] = 1  # the number of inputs; None: two or more
    affine: ClassVar[bool] = False  # the trained layer is y = A x + b
    channels_last: ClassVar[bool] = False  # takes the last axis of an image for its channels
    elementwise: ClassVar[bool] = False  # each output is a function of the input at its place
    identity: ClassVar[bool] = False  # the same numbers, if in another shape
    keeps_dtype: ClassVar[bool] = False  # moves numbers of any type, and computes nothing
    local_weights: ClassVar[bool] = False  # its weights read small windows of an image
    normalizes: ClassVar[bool] = (
        False  # whatever the scale of its input, its output has mean 0 and deviation 1
    )
    output_range: ClassVar[tuple[float, float]] = (-inf, inf)  # between which its outputs lie
    probabilities: ClassVar[bool] = False  # its outputs are probabilities
    log_probabilities: ClassVar[bool] = False  # they are the logarithms of a distribution
    row_independent: ClassVar[bool] = False  # no row changes what another row gives
    saturates: ClassVar[bool] = False  # its derivative goes to 0 on both sides
    zero_gradient: ClassVar[bool] = False  # its derivative is 0 almost everywhere

    def infer(self, *inputs: TensorSpec) -> tuple[TensorSpec, ...]:
        """Shape and dtype of each output; raises ShapeError where the inputs do not fit."""
        self.check_arity(len(inputs))
        integers = [x.dtype for x in inputs if not x.is_float]
        if integers and not self.keeps_dtype:
            hint = "numbers of a category need an embedding first"
            raise ShapeError(f"{self.kind} computes with floats and gets {integers[0]}", hint)
        if len({x.dtype for x in inputs}) > 1:
            types = " and ".join(dict.fromkeys(x.dtype for x in inputs))
            raise ShapeError(f"{self.kind} gets {types}", "its inputs must have one type")
        shape = self.output_shape(*(x.shape for x in inputs))
        return (TensorSpec(shape, inputs[0].dtype if self.keeps_dtype else FLOAT),)

    def check_arity(self, count: int) -> None:
        """Raise ShapeError unless the layer reads this number of inputs."""
        if count == self.arity or (self.arity is None and count >= 2):
            return
        wanted = {1: "one value", 2: "two values", None: "two or more values"}
        read = wanted.get(self.arity, f"{self.arity} values")
        hint = f"name {'it' if self.arity == 1 else 'them'} in its inputs"
        raise ShapeError(f"{self.kind} reads {read}, not {count}", hint)

    # A subclass names its own inputs: `weights(self, x)`, `weights(self, x, y)` or `*inputs`; each
    # is the shape of one row. `Any` is what lets it do so.

    def output_shape(self, *inputs: Any, **_: Any) -> Shape:
        """The shape of one row of the output; raises ShapeError where the inputs do not fit."""
        raise TypeError(f"{type(self).__name__} lacks a shape rule")

    def weights(self, *inputs: Any, **_: Any) -> dict[str, Weight]:
        """The weights for the shapes of the inputs, in Keras' order."""
        return {}

    @property
    def is_frozen(self) -> bool:
        """Whether none of its weights is trained, whatever is said of each."""
        return False

    def frozen(self) -> Layer:
        """The layer with weights that are not trained."""
        return self

    def noise(self, *inputs: Any, **_: Any) -> Noise | None:
        """The random array that the layer needs at each update; None for most."""
        return None

    def flops(self, *inputs: Any, **_: Any) -> int:
        """Floating-point operations for one row, forward; a multiply-add counts as two."""
        return prod(self.output_shape(*inputs))

    def formula(self, *inputs: Any, **_: Any) -> str:
        """The parameter count as a teacher writes it; evaluates to the sum over `weights`."""
        weights = self.weights(*inputs).values()
        return "+".join("*".join(map(format_factors, weight.shape)) for weight in weights)

    def split(self) -> tuple[Layer, ...]:
        """The layers, applied one after the other, that a short form stands for."""
        return (self,)

    def lower(self, add: AddLayer, *inputs: SymbolicTensor) -> SymbolicTensor:
        """Express the layer by others: `add(layer, *values)` adds one and returns its value.

        A layer that overrides this needs neither shape rule nor weights nor rules of backends. A
        backend that has a rule for it uses that one.
        """
        raise TypeError(f"{type(self).__name__} has no lowering")

    @classmethod
    def has_lowering(cls) -> bool:
        """Whether the layer can be expressed by others."""
        return cls.lower is not Layer.lower

    def bind(self, *inputs: Any, **_: Any) -> Layer:
        """The same layer with every option that depends on its input made a number."""
        return self


class WeightedLayer(Layer):
    """Base class of layers with weights.

    With `trainable: false` these stay as they start: no gradient, weight decay, penalty or
    constraint changes them or the loss, and the optimizer keeps no slots for them. They are saved
    with all weights, and counted as non-trainable. A layer's activation is frozen with it.
    """

    trainable: bool = True

    @property
    def is_frozen(self) -> bool:
        """Whether `trainable` is false."""
        return not self.trainable

    def frozen(self) -> Layer:
        """The layer with `trainable: false`."""
        return self.replace(trainable=False) if self.trainable else self


class ActivationLayer(Layer):
    """A layer that can also be named as another layer's `activation`."""

    also = ("activation",)

    def output_shape(self, x: Shape) -> Shape:
        """An activation keeps the shape."""
        return x


class ElementwiseActivation(ActivationLayer):
    """An activation whose outputs are each a function of the number at their place."""

    elementwise = True
    row_independent = True
    operations: ClassVar[int] = 1  # for each number

    examples: ClassVar[tuple[Example, ...]] = (Example({}, (3, 2, 2)),)

    def flops(self, x: Shape) -> int:
        """The operations for each number."""
        return self.operations * prod(x)


def _unnamed(activation: ActivationLayer) -> ActivationLayer:
    """Only a layer of its own has a name and inputs."""
    given = [option for option in ("name", "inputs") if getattr(activation, option) is not None]
    if not given:
        return activation
    message = f"{activation.kind} inside a layer has no {given[0]}"
    problem = Problem(message, hint=f"give the layer the {given[0]}")
    raise problems_error([problem])


RequiredActivationField = Annotated[
    ActivationLayer, ComponentField("activation"), AfterValidator(_unnamed)
]
ActivationField = RequiredActivationField | None


def split_activation(layer: Layer, activation: ActivationLayer | None) -> tuple[Layer, ...]:
    """A layer that ends in an activation as two layers; a linear activation adds nothing."""
    if activation is None:
        return (layer,)
    bare = layer.model_copy(update={"activation": None})
    if activation.kind == "linear":
        return (bare,)
    return bare, activation.frozen() if layer.is_frozen else activation
