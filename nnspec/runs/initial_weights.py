"""The weights from which a training starts, where they are those of another run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nnspec.backends.contract import Weights
from nnspec.errors import NnspecError, Problem, SpecError, visible
from nnspec.graph.compile import compile_spec
from nnspec.graph.layer_patterns import check_pattern
from nnspec.options.shapes import format_shape
from nnspec.runs.folder import OnNote, RunFolder
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.document import Spec
from nnspec.spec.initial_weights import InitialWeights
from nnspec.spec.layer_patterns import matches
from nnspec.training.session import TrainingSession

_PATH = "train", "initial_weights"
_MAX_TOLD = 3  # weights that do not fit


def start_from_run(session: TrainingSession, on_note: OnNote) -> TrainingSession:
    """The session, whose program has the weights of another run where the spec asks for them.

    Raises SpecError, at the option, where there is no such run, a pattern matches no layer, or a
    weight has not the shape of the run's.
    """
    spec, options = session.spec, session.spec.train.initial_weights
    if options is None:
        return session
    run, known = _weights_of(spec, options, on_note)
    drawn = session.program.weights()
    names = _selected(spec, options, drawn)
    problems = list(_misfits(spec, names, drawn, known, visible(str(run))))
    if problems:
        raise SpecError(problems)
    given = {n: known[n].astype(drawn[n].dtype) for n in names}
    session.program.set_weights(drawn | given)
    recorded = {"run": str(run), "weights": len(names), "weights_sha256": weights_sha256(known)}
    return session._replace(initial_weights=recorded, given_weights=given)


def _weights_of(spec: Spec, options: InitialWeights, on_note: OnNote) -> tuple[Path, Weights]:
    """The folder of a run, and its weights."""
    try:
        folder = RunFolder.open_trained(spec.folder / options.run, on_note)
        return folder.path, folder.weights(compile_spec(folder.spec()))
    except NnspecError as error:
        problem = error.problems[0]
        where = spec.locate(*_PATH, "run")
        raise SpecError(Problem(problem.message, where, problem.hint)) from None


def _selected(spec: Spec, options: InitialWeights, weights: Weights) -> list[str]:
    """The names of the weights of the layers that the patterns match."""
    layers = {name: name.rpartition("/")[0] for name in weights}
    for index, pattern in enumerate(options.layers):
        check_pattern(spec, pattern, layers.values(), (*_PATH, "layers", index))
    patterns = options.layers
    return [n for n, layer in layers.items() if any(matches(one, layer) for one in patterns)]


def _misfits(
    spec: Spec, names: list[str], weights: Weights, known: Weights, run: str
) -> Iterator[Problem]:
    """A problem for each weight that the run lacks, or has in another shape; of many, the first."""
    wrong = [n for n in names if n not in known or known[n].shape != weights[n].shape]
    hint = "name the layers that are to have its weights: layers: [...]"
    for name in wrong[:_MAX_TOLD]:
        shape = format_shape(weights[name].shape)
        has = f"has it as {format_shape(known[name].shape)}" if name in known else "has it not"
        yield Problem(f"{name} is {shape} here, and {run} {has}", spec.locate(*_PATH), hint)
    if len(wrong) > _MAX_TOLD:
        message = f"{len(wrong) - _MAX_TOLD:,} more weights do not fit those of {run}"
        yield Problem(message, spec.locate(*_PATH), hint)
