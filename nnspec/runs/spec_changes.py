"""What differs between a spec and the one that a checkpoint was trained with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from nnspec.errors import Problem, RunError, SpecError, visible
from nnspec.options.component import Component
from nnspec.runs.checkpoint import Checkpoint
from nnspec.spec.document import Spec
from nnspec.spec.loader import build
from nnspec.spec.value_changes import Path as ValuePath
from nnspec.spec.value_changes import ValueChange, item_at, short_text, value_changes

ACCEPT = "--accept-changes goes on with it"
# What changes no weight: how long, how often, what is expected. The rows are compared themselves.
_FREE = (
    ("train", "epochs"), ("train", "steps"), ("train", "time_budget"),
    ("train", "checkpoint"), ("train", "initial_weights"), ("train", "callbacks"),
    ("expect",), ("silence",), ("tune",), ("track",), ("data", "source"),
)  # fmt: skip


def spec_of(checkpoint: Checkpoint) -> Spec:
    """The spec that a checkpoint was trained with; a RunError where it is none any more."""
    try:
        return build(json.loads(checkpoint.provenance.spec))
    except (ValueError, SpecError):
        reason = "this version of nnspec does not read the spec that it was trained with"
        raise RunError(
            f"{visible(str(checkpoint.path))} cannot be gone on from: {reason}"
        ) from None


def spec_changes(before: Spec, now: Spec) -> list[ValueChange]:
    """The values that differ, where they may change what is computed."""
    return [
        change
        for change in value_changes(before, now)
        if not any(change.path[: len(free)] == free for free in _FREE)
    ]


def change_problems(changes: list[ValueChange], now: Spec) -> Iterator[Problem]:
    """An error for each change, at its place in the spec, with both values."""
    for change in changes:
        path = written_path(now, change.path)
        new, old = short_text(change.new), short_text(change.old)
        message = f"{'.'.join(map(str, path))} is {new}, and the checkpoint was trained with {old}"
        yield Problem(message, now.locate(*path), ACCEPT, "changed")


def written_path(spec: Spec, path: ValuePath) -> ValuePath:
    """A path of options as a document writes it: with the kinds of components."""
    found: list[str | int] = []
    value: Any = spec
    for key in path:
        if isinstance(value, Component):
            found.append(value.kind)
        found.append(key)
        value = item_at(value, key)
    return tuple(found)
