"""The rule of mixup."""

from __future__ import annotations

import numpy as np

from nnspec.backends.arrays import Array, Values, by_name
from nnspec.components.augmentation.mixing import Mixup
from nnspec.data.augmentation.training_batch import TrainingBatch
from nnspec.data.registry import AugmentationRule
from nnspec.data.rows import Rows
from nnspec.randomness.beta import symmetric_beta
from nnspec.randomness.philox import Floats


def _mix_rows(step: Mixup, batch: TrainingBatch) -> Rows:
    """Mix inputs and targets of rows with those of others, any of the dataset's."""
    partners = np.floor(batch.noise.uniform(1)[0] * batch.source.rows).astype(np.int64)
    shares = symmetric_beta(step.alpha, batch.noise)
    rows, others = batch.rows(), batch.source.take(partners, batch.epoch)
    inputs = mixed(rows.inputs, others.inputs, shares)
    targets = mixed(rows.targets, others.targets, shares)
    return rows._replace(inputs=inputs, targets=targets)


def mixed(x: Values, other: Values, shares: Floats) -> Values:
    """l x + (1 - l) x' for each row, in the numbers' own type, or float64 for whole ones."""
    others = by_name(other)
    found = {name: _mixed_array(each, others[name], shares) for name, each in by_name(x).items()}
    return found.get("", found)


def _mixed_array(x: Array, other: Array, shares: Floats) -> Array:
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    share = shares.astype(dtype).reshape(-1, *[1] * (x.ndim - 1))
    result: Array = share * x + (1 - share) * other
    return result


mixup = AugmentationRule(_mix_rows)
