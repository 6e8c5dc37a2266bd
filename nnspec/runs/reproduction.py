"""A run is trained again from its folder alone, and compared with what it was."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np

from nnspec.backends.contract import Weights
from nnspec.compute import ComputeConfig
from nnspec.errors import RunError, visible
from nnspec.graph.compile import compile_spec
from nnspec.runs.difference_causes import (
    Causes,
    accepted_changes,
    edited_values,
    edited_weights,
    environment_causes,
)
from nnspec.runs.ending import Ending
from nnspec.runs.file_names import METRICS
from nnspec.runs.folder import RunFolder
from nnspec.runs.listener import RunListener
from nnspec.runs.report import both_splits
from nnspec.runs.trainer import run
from nnspec.runs.verified_files import read_verified_json
from nnspec.spec.document import Spec

Verdict = Literal["bit-identical", "within tolerance", "different"]
FLOAT64 = 1e-10  # of the largest weight: what is promised of a training in float64
FIGURES = 0.01  # of figures in other precisions, where the spec says no `tolerance`


class Reproduction(NamedTuple):
    """What came out of the second training of a run."""

    run: Path
    again: Path | None  # the new run; None where it has been removed
    verdict: Verdict
    weights_difference: float  # the largest, relative to the largest weight
    figures_difference: float  # the largest
    causes: Causes  # what differs of the environment and of edited files: then, now
    changes: tuple[str, ...]  # what was changed when the run went on

    def plain(self) -> dict[str, Any]:
        """The keys of `reproduce --json`."""
        paths = {"run": str(self.run), "again": self.again and str(self.again)}
        causes = {name: list(pair) for name, pair in self.causes.items()}
        return {**self._asdict(), **paths, "causes": causes, "changes": list(self.changes)}


def reproduce(
    folder: RunFolder, compute: ComputeConfig, out: Path, listener: RunListener
) -> Reproduction:
    """Train the run in a folder again, in a new folder under `out`, and compare the two.

    Bit-identical: all weights and figures are the same. Within tolerance: in float64 the weights
    are within 1e-10 of the largest, in other precisions the figures within the spec's tolerance.
    A run that its time budget ended is trained for as many steps, however long they take.
    Raises RunError unless the run has finished, and an NnspecError where its data are gone.
    """
    ending = folder.ending()
    if ending.status != "finished":
        raise RunError(f"{visible(str(folder.path))} {ending}: there is nothing to compare with")
    weights, edited = folder.weights(compile_spec(folder.spec())), edited_weights(folder)
    spec = spec_of_as_many_steps(folder.spec_with(()), ending)
    report = run(spec, compute, out, listener)
    if report.interrupted:
        raise RunError("it was interrupted before its end")
    again, known = RunFolder(report.run), folder.environment()
    apart = _weights_difference(weights, again)
    before = read_verified_json(folder.path, METRICS)
    figures = _figures_difference(before, both_splits(report.metrics))
    same = not edited and before["weights_sha256"] == report.weights_sha256 and figures == 0
    in_float64 = {compute.precision, known.get("precision")} == {"float64"}
    within = not edited and (apart <= FLOAT64 if in_float64 else figures <= _tolerance(spec))
    verdict: Verdict = "bit-identical" if same else "within tolerance" if within else "different"
    causes = {} if same else {**_causes(folder, again), **edited}
    changes = accepted_changes(known.get("resumed"))
    return Reproduction(folder.path, report.run, verdict, apart, figures, causes, changes)


def _causes(folder: RunFolder, again: RunFolder) -> Causes:
    """What may explain that a run differs from one that was trained again."""
    differs = environment_causes(folder.environment(), again.environment())
    return {**differs, **edited_values(folder)}


def spec_of_as_many_steps(spec: Spec, ending: Ending) -> Spec:
    """The spec without its time budget: with the steps of a run that this has ended."""
    if spec.train.time_budget is None:
        return spec
    limit: dict[str, Any] = {}
    if ending.length and ending.length.is_out_of_time:
        limit = {"epochs": None, "steps": ending.length.steps}
    return spec.replace(train=spec.train.replace(time_budget=None, **limit))


def _weights_difference(before: Weights, again: RunFolder) -> float:
    """The largest difference of a weight, relative to the largest weight of the network."""
    after = again.weights(compile_spec(again.spec()))
    largest = max((float(np.abs(array).max(initial=0)) for array in before.values()), default=0.0)
    apart = (np.abs(array - after[name]).max(initial=0) for name, array in before.items())
    return float(max(apart, default=0.0)) / (largest or 1.0)


def _figures_difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> float:
    """The largest difference of a figure; infinite where one of the two lacks it."""
    pairs = [(before.get(part) or {}, after[part] or {}) for part in ("train", "test")]
    if any(then.keys() != now.keys() for then, now in pairs):
        return float("inf")
    return max((abs(then[name] - now[name]) for then, now in pairs for name in then), default=0.0)


def _tolerance(spec: Spec) -> float:
    """How far figures may be apart."""
    return spec.expect.tolerance if spec.expect else FIGURES
