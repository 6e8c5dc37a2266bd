"""What becomes of the inputs of rows that are not trained on, such as a crop of their middle."""

from __future__ import annotations

from nnspec.backends.arrays import Values, by_name
from nnspec.data.located_errors import located
from nnspec.data.registry import AUGMENTATIONS
from nnspec.graph.augmentation import input_augmentation
from nnspec.options.tensor_spec import FLOAT, TensorSpec
from nnspec.spec.document import Spec


def evaluated_inputs(inputs: Values, spec: Spec) -> Values:
    """Prepared inputs in the shape after all augmentation steps, none of them random.

    Raises DataError, at the step, for rows that it cannot take.
    """
    arrays = dict(by_name(inputs))
    for name, path, steps in input_augmentation(spec, arrays):
        for number, step in enumerate(steps):
            with located(spec.locate(*path, number)):
                step.apply(TensorSpec(arrays[name].shape[1:], FLOAT))
            arrays[name] = AUGMENTATIONS[step].evaluate(step, arrays[name])
    return arrays.get("", arrays)
