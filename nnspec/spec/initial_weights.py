"""The option `train.initial_weights`: weights of a run from which a training starts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from nnspec.options.model import Model


class InitialWeights(Model):
    """Weights of another run, instead of those that a seed draws.

    `layers` are names of layers or groups, such as `features` or `features.conv2d_1`; `*` stands
    for any text, as in `train.freeze`. Without them all weights are those of the run; others are
    drawn.
    """

    run: Annotated[str, Field(min_length=1)]
    layers: Annotated[tuple[str, ...], Field(min_length=1)] = ("*",)

    def with_absolute_path(self, folder: Path) -> InitialWeights:
        """These options with the path of the run resolved against a folder."""
        return self.replace(run=str((folder / self.run).resolve()))


def _run(value: Any) -> Any:
    """A text is the path of the run."""
    return {"run": value} if isinstance(value, str) else value


InitialWeightsField = Annotated[
    InitialWeights, BeforeValidator(_run, json_schema_input_type=str | InitialWeights)
]
