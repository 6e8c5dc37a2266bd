"""Lines about how a run counts its training rows: class weights, and what an epoch draws."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from nnspec.errors import visible
from nnspec.training.balance import Balance

_SHOWN = 10  # classes on a line


def balance_lines(balance: Balance) -> Iterator[str]:
    """`class weights: 0: 0.53, 1: 8.9`, with the output's name where there are several."""
    several = len(balance.class_weights) > 1
    for output, weights in balance.class_weights.items():
        of = f" of {output}" if several else ""
        yield f"class weights{of}: {_listed(weights)}"
    if balance.classes is not None:
        counts = np.unique(balance.classes, return_counts=True)[1]
        yield f"oversampling: {counts.max():,} rows of each of {len(counts):,} classes an epoch"


def _listed(weights: Mapping[str, float]) -> str:
    shown = [f"{visible(name)}: {weight:.4g}" for name, weight in [*weights.items()][:_SHOWN]]
    return ", ".join([*shown, "..."] if len(weights) > _SHOWN else shown)
