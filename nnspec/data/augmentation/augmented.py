"""The dataset of augmented training rows."""

from __future__ import annotations

from nnspec.backends.contract import Indices
from nnspec.components.augmentation.base import Augmentation
from nnspec.data.augmentation.training_batch import TrainingBatch, input_of, with_input
from nnspec.data.dataset import Dataset, expect
from nnspec.data.registry import AUGMENTATIONS
from nnspec.data.rows import Rows
from nnspec.graph.augmentation import input_augmentation
from nnspec.graph.ir import Graph
from nnspec.randomness.row_noise import RowNoise
from nnspec.spec.document import Spec


class AugmentedDataset:
    """The rows of a dataset of prepared rows, of which an input is changed by a random step.

    Several steps are datasets over one another. What is drawn for a row is keyed by `key`, the
    epoch, and the row's number in the dataset.
    """

    def __init__(
        self, source: Dataset, step: Augmentation, name: str, key: tuple[str | int, ...]
    ) -> None:
        self.source, self.step, self.name, self.key = source, step, name, key
        self.rule = AUGMENTATIONS[step]

    @property
    def rows(self) -> int:
        """The number of rows."""
        return self.source.rows

    def expect(self, order: Indices) -> None:
        """Let the source read ahead, if it does."""
        expect(self.source, order)

    def take(self, indices: Indices, epoch: int = 0) -> Rows:
        """The rows of some numbers as they are in an epoch, or as they are evaluated."""
        if epoch:
            noise = RowNoise(indices, (*self.key, epoch))
            batch = TrainingBatch(self.source, indices, epoch, self.name, noise)
            augmented: Rows = self.rule.augment(self.step, batch)
            return augmented
        rows = self.source.take(indices)
        evaluated = self.rule.evaluate(self.step, input_of(rows, self.name))
        return with_input(rows, self.name, evaluated)


def augment(dataset: Dataset, spec: Spec, graph: Graph) -> Dataset:
    """Prepared training rows, with the steps of `data: augment` over them; the same without any.

    The key of a step is the seed, the input's name, the step's number in its list, and its kind.
    """
    for name, _, steps in input_augmentation(spec, graph.inputs):
        for number, step in enumerate(steps):
            key = (spec.train.seed, "augmentation", name, number, step.kind)
            dataset = AugmentedDataset(dataset, step, name, key)
    return dataset
