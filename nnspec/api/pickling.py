"""What is kept of a trained network where it is pickled: plain values, arrays and YAML text."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from nnspec.api.in_memory import UnsavedFolder
from nnspec.api.specs import load
from nnspec.backends import discovery
from nnspec.backends.contract import Weights
from nnspec.compute import ComputeConfig
from nnspec.data.preprocessing.fitted import FittedPreprocessing
from nnspec.graph.compile import compile_spec
from nnspec.runs.data_specs import data_spec_from_plain, data_spec_to_plain
from nnspec.runs.folder import RunFolder
from nnspec.runs.portable_spec import portable_yaml
from nnspec.runs.trained import TrainedRun
from nnspec.training.session import training_setup


class RunState(NamedTuple):
    """The text of a spec, what its data told of it, the fitted preprocessing and the weights."""

    spec: str
    data_spec: Any
    prepared_spec: Any
    preprocessing: Any
    weights: Weights
    compute: tuple[Any, ...]


def saved(trained: TrainedRun) -> tuple[Any, ...]:
    """The state of a trained network."""
    spec = trained.spec
    data_spec, prepared_spec = (
        None if one is None else data_spec_to_plain(one)
        for one in (spec.data_spec, spec.prepared_spec)
    )
    return tuple(
        RunState(
            portable_yaml(spec), data_spec, prepared_spec, trained.preprocessing.plain(),
            dict(trained.program.weights()), tuple(trained.compute),
        )
    )  # fmt: skip


def restored(state: RunState, folder: Path | None) -> TrainedRun:
    """The trained network of a state, with a program that is built anew."""
    data_spec, prepared_spec = (
        None if one is None else data_spec_from_plain(one)
        for one in (state.data_spec, state.prepared_spec)
    )
    spec = load(state.spec).with_data_spec(data_spec).with_prepared_spec(prepared_spec)
    compute, graph = ComputeConfig(*state.compute), compile_spec(spec)
    program = discovery.build_program(graph, training_setup(spec, graph), compute)
    program.set_weights(state.weights)
    preprocessing = FittedPreprocessing.from_plain(state.preprocessing, spec)
    kept = UnsavedFolder() if folder is None else RunFolder(folder)
    return TrainedRun(kept, compute, spec, graph, preprocessing, program)
