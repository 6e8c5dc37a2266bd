"""The text of a spec for arrays, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from nnspec.language.writer import dump_flow
from nnspec.options.shapes import format_shape
from nnspec.scaffold import objective_lines
from nnspec.scaffold.arrays import ArraysDraft
from nnspec.scaffold.heading import heading
from nnspec.scaffold.image_spec import convolution_layers
from nnspec.scaffold.network_choice import hidden_layers
from nnspec.scaffold.yaml_lines import YamlLine, render

_OPTIMIZER = YamlLine("optimizer: {adam: 0.001}")


def arrays_spec(draft: ArraysDraft) -> str:
    """The text of the spec."""
    training = [
        *objective_lines.objective(draft.task, _OPTIMIZER),
        objective_lines.training(draft.task, draft.has_test),
    ]
    return render([*_head(draft), *_data(draft), *_network(draft), *training])


def _head(draft: ArraysDraft) -> Iterator[YamlLine]:
    size = f"{draft.task.target.rows:,} rows of {format_shape(draft.shape)}"
    yield from heading(draft.file, size, draft.name)


def _data(draft: ArraysDraft) -> Iterator[YamlLine]:
    yield YamlLine("data:")
    yield YamlLine(f"  source: {dump_flow(draft.source)}")
    yield objective_lines.split_line(draft.task, draft.has_test)
    steps, why = _steps(draft)
    yield YamlLine(f"  inputs: {dump_flow(steps)}", why)
    target, reason = objective_lines.target_steps(draft.task)
    if target:
        yield YamlLine(f"  targets: {dump_flow(target)}", reason)
    yield YamlLine("")


def _steps(draft: ArraysDraft) -> tuple[list[Any], str]:
    """The steps of the inputs: images get a last axis of channels."""
    channels: list[Any] = [{"reshape": [*draft.shape, 1]}] if len(draft.shape) == 2 else []
    if draft.are_bytes:
        return [*channels, {"divide": 255}], "bytes become numbers from 0 to 1"
    return [*channels, "standardize"], "mean 0 and deviation 1"


def _network(draft: ArraysDraft) -> Iterator[YamlLine]:
    yield YamlLine("network:")
    if len(draft.shape) == 2:
        yield YamlLine(f"  input_shape: {dump_flow([*draft.shape, 1])}")
    yield YamlLine("  layers:")
    if len(draft.shape) in (2, 3):
        yield from convolution_layers(draft.shape[:2])
    else:
        yield from _dense_layers(draft)
    yield objective_lines.output_layer(draft.task)
    yield YamlLine("")


def _dense_layers(draft: ArraysDraft) -> Iterator[YamlLine]:
    if len(draft.shape) != 1:
        yield YamlLine("    - flatten")
    hidden = hidden_layers(prod(draft.shape), draft.task.target.rows)
    for number, units in enumerate(hidden.units):
        reason = "half of it" if number else hidden.reason
        yield YamlLine(f"    - dense: {{units: {units}, activation: relu}}", reason)
