"""What may explain that a training made again differs: the environment, edited files, changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nnspec.errors import RunError
from nnspec.graph.compile import compile_spec
from nnspec.runs.file_names import METRICS, WEIGHTS
from nnspec.runs.folder import RunFolder
from nnspec.runs.spec_changes import spec_changes, spec_of, written_path
from nnspec.runs.verified_files import read_verified_json
from nnspec.runs.weight_files import weights_sha256
from nnspec.spec.value_changes import short_text

Causes = dict[str, tuple[Any, Any]]  # what differs: then, now
_NO_CAUSES = {"folder", "started", "resumed"}  # in environment.json


def environment_causes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Causes:
    """What differs between two environments: data, versions, backend, device, seed, machine."""
    then, now = _comparable(before), _comparable(after)
    pairs = {name: (then.get(name), now.get(name)) for name in sorted(then.keys() | now.keys())}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def edited_values(folder: RunFolder) -> Causes:
    """The values of `spec.yaml` that are not those that the newest checkpoint was trained with."""
    try:
        checkpoint = folder.checkpoint()
        before = spec_of(checkpoint) if checkpoint else None
    except RunError:
        before = None
    if before is None:
        return {}
    now = folder.spec_with(())
    values = {
        ".".join(map(str, written_path(now, path))): (short_text(old), short_text(new))
        for path, old, new in spec_changes(before, now)
    }
    lengths = {
        f"train.{name}": (getattr(before.train, name), getattr(now.train, name))
        for name in ("epochs", "steps", "time_budget")
    }
    return {**values, **{path: pair for path, pair in lengths.items() if pair[0] != pair[1]}}


def edited_weights(folder: RunFolder) -> Causes:
    """The SHA-256 of the weights where they are not those with which the run has ended."""
    then = read_verified_json(folder.path, METRICS).get("weights_sha256")
    now = weights_sha256(folder.weights(compile_spec(folder.spec())))
    return {} if then in (None, now) else {WEIGHTS: (then, now)}


def accepted_changes(resumed: Any) -> tuple[str, ...]:
    """What was changed when a run went on, of what `environment.json` says of each time."""
    entries = resumed if isinstance(resumed, list) else []
    changed = [entry.get("changes", {}) for entry in entries]
    moved = [entry.get("before", {}) for entry in entries]
    values = [f"{path} was {then}" for one in changed for path, (then, _) in one.items()]
    return (*values, *(f"{name} was {then}" for one in moved for name, then in one.items()))


def cause_lines(causes: Mapping[str, tuple[Any, Any]], changes: tuple[str, ...]) -> Iterator[str]:
    """A line for each cause and change; one that says so where there is none."""
    yield from (f"{name} was {then}, and is {now}" for name, (then, now) in causes.items())
    yield from (f"when it went on, {change}" for change in changes)
    if not causes and not changes:
        yield "nothing that is recorded differs"


def _comparable(environment: Mapping[str, Any]) -> dict[str, Any]:
    """What a training depends on; of weights to start from, their SHA-256 and not their place."""
    values = {name: value for name, value in environment.items() if name not in _NO_CAUSES}
    start = values.pop("initial_weights", None)
    sha256 = start.get("weights_sha256") if isinstance(start, Mapping) else None
    return {**values, **({"initial_weights": sha256} if sha256 else {})}
