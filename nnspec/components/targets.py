"""What losses and metrics take as targets: the values, and messages about the shapes."""

from __future__ import annotations

from typing import Literal

from nnspec.errors import ShapeError
from nnspec.options.shapes import format_shape
from nnspec.options.types import Shape

# any:            finite numbers
# non_negative:   numbers of 0 or more
# signs:          -1 or 0 for no, 1 for yes
# probabilities:  numbers in [0, 1]
# labels:         0 or 1
# distributions:  the numbers of the last axis are 0 or more and sum to 1, such as one-hot rows
# class_numbers:  whole numbers from 0 to the number of classes - 1
TargetValues = Literal[
    "any", "non_negative", "signs", "probabilities", "labels", "distributions", "class_numbers"
]


def are_numbers(values: TargetValues) -> bool:
    """Whether targets are numbers that stand for no classes."""
    return values in ("any", "non_negative")


def is_one_number(prediction: Shape, target: Shape) -> bool:
    """Whether a row of predictions and a row of targets differ at most by a last axis of size 1."""
    return prediction == target or (*target, 1) == prediction or (*prediction, 1) == target


def is_single_output(prediction: Shape) -> bool:
    """Whether there is one output, a yes or no, and not one for each class."""
    return prediction[-1:] in ((), (1,))


def holds_class_numbers(prediction: Shape, target: Shape) -> bool:
    """Whether a row of targets has the shape of class numbers: no axis for the classes."""
    return bool(prediction) and target in (prediction[:-1], (*prediction[:-1], 1))


def check_same_shape(prediction: Shape, target: Shape) -> None:
    """Raise ShapeError unless targets have the shape of predictions, but for an axis of size 1."""
    if not is_one_number(prediction, target):
        raise ShapeError(mismatch(prediction, target), mismatch_hint(prediction, target))


def check_own_targets(
    prediction: Shape, target: Shape, kind: str,
    hint: str = "write sparse_categorical_crossentropy after softmax, or end in one unit",
) -> None:  # fmt: skip
    """Raise ShapeError unless each output has a target of its own; `hint` if a row has one."""
    if holds_class_numbers(prediction, target) and prediction[-1:] > (1,):
        raise ShapeError(f"{kind} gets one target a row and {prediction[-1]} outputs", hint)
    check_same_shape(prediction, target)


def check_class_columns(prediction: Shape, target: Shape, kind: str) -> None:
    """Raise ShapeError unless predictions and targets have one column per class, of several."""
    check_several_classes(prediction, kind)
    if prediction != target:
        raise ShapeError(mismatch(prediction, target), mismatch_hint(prediction, target))


def check_row_axis(axis: int, prediction: Shape, kind: str) -> None:
    """Raise ShapeError where an axis, counted with that of the rows, is none of a row."""
    rank = len(prediction) + 1
    if axis in (0, -rank) or not -rank <= axis < rank:
        message = f"{kind} gets axis {axis}, and the network ends in {format_shape(prediction)}"
        raise ShapeError(message, "axis 0 is that of the rows; the last axis is -1")


def check_several_classes(prediction: Shape, kind: str) -> None:
    """Raise ShapeError where the network has one output, which has no classes to choose from."""
    if is_single_output(prediction):
        message = f"{kind} needs an output for each class and the network ends in one"
        hint = "write binary_crossentropy after sigmoid, or end in softmax with a unit a class"
        raise ShapeError(message, hint)


def mismatch_hint(prediction: Shape, target: Shape) -> str:
    """What to do about a network output and targets of different shapes; empty if unknown."""
    if holds_class_numbers(prediction, target) and len(target) > 1:
        return "sparse_categorical_crossentropy takes class numbers"
    if len(prediction) > max(len(target), 1):
        return "put `- flatten` before the last dense layer"
    if target in ((), (1,)) and prediction[-1:] > (1,):
        return f"prepare the targets with {{one_hot: {prediction[-1]}}}"
    return ""


def mismatch(prediction: Shape, target: Shape) -> str:
    """The message for a network output and targets of different shapes."""
    if len(prediction) == len(target) == 1:
        return f"the targets have {target[0]} columns and the network ends in {prediction[0]}"
    target_shape, output_shape = format_shape(target), format_shape(prediction)
    return f"the targets are {target_shape} and the network ends in {output_shape}"
