"""What becomes of the inputs of rows that are not trained on, such as a crop of their middle."""

from __future__ import annotations

from nnspec.backends.arrays import Array
from nnspec.data.located_errors import located
from nnspec.data.registry import AUGMENTATIONS
from nnspec.graph.augmentation import augmentation_of
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.spec.document import Spec


def evaluated_input(x: Array, spec: Spec, name: str, *, only: bool) -> Array:
    """A prepared input (rows, ...) in the shape after all augmentation steps, none of them random.

    Raises DataError, at the step, for rows that it cannot take.
    """
    path, steps = augmentation_of(spec, name, only=only)
    for number, step in enumerate(steps):
        with located(spec.locate(*path, number)):
            step.apply(TensorSpec(x.shape[1:], FLOAT))
        x = AUGMENTATIONS[step].evaluate(step, x)
    return x
