"""The augmentation step that mixes two rows: mixup."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from nnspec.components.augmentation.base import Augmentation, require_real
from nnspec.options.tensor_spec import TensorSpec


class Mixup(Augmentation, kind="mixup", primary="alpha"):
    """l x + (1 - l) x' and l y + (1 - l) y', with another row x' of targets y' (Zhang et al. 2017).

    l is of the distribution Beta(alpha, alpha), x' any training row, as the steps before leave it;
    both are drawn for each row. Targets are numbers, probabilities or one-hot, no class numbers.
    A row may be an image or anything else.
    """

    alpha: Annotated[float, Field(gt=0, le=1000)] = 0.2

    mixes_targets = True

    def apply(self, x: TensorSpec) -> TensorSpec:
        """The same; a ShapeError where the network takes whole numbers."""
        require_real(x, self.kind)
        return x
