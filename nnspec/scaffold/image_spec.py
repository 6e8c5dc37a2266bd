"""The text of a spec for images, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.language.writer import dump_flow
from nnspec.scaffold import objective_lines
from nnspec.scaffold.images import ImageDraft
from nnspec.scaffold.network_choice import convolutions
from nnspec.scaffold.spec_name import spec_name
from nnspec.scaffold.yaml_lines import Line, render

_LEARNING_RATE = 0.001


def image_spec(draft: ImageDraft) -> str:
    """The text of the spec."""
    return render([*_head(draft), *_data(draft), *_network(draft), *_training(draft)])


def _head(draft: ImageDraft) -> Iterator[Line]:
    size = f"{draft.task.target.rows:,} images of {draft.task.classes:,} classes"
    yield Line("", f"Made by `nnspec init` from {draft.name}: {size}. Each line may be changed.")
    yield Line(f"name: {dump_flow(spec_name(draft.name))}")
    yield Line("")


def _data(draft: ImageDraft) -> Iterator[Line]:
    shade = "gray" if draft.is_gray else "in colours"
    steps, why = objective_lines.target_steps(draft.task)
    yield Line("data:")
    yield Line(f"  source: {dump_flow(draft.source)}", f"{draft.found} pixels, {shade}")
    yield objective_lines.split_line(draft.task, draft.has_test)
    yield Line("  inputs: [{divide: 255}]", "bytes become numbers from 0 to 1")
    yield Line(f"  targets: {dump_flow(steps)}", f"the names of the sub-folders; {why}")
    yield Line("")


def _network(draft: ImageDraft) -> Iterator[Line]:
    yield Line("network:")
    yield Line("  layers:")
    yield from convolution_layers(draft.size)
    yield objective_lines.output_layer(draft.task)
    yield Line("")


def convolution_layers(size: Sequence[int]) -> Iterator[Line]:
    """The layers for images of a height and a width, up to the last one."""
    for number, filters in enumerate(convolutions(min(size))):
        options = {"filters": filters, "kernel_size": 3, "padding": "same", "activation": "relu"}
        yield Line(f"    - conv2d: {dump_flow(options)}", "" if number else "filters of 3x3 pixels")
        yield Line("    - max_pooling2d: 2", "" if number else "the largest of 2x2")
    yield Line("    - flatten")
    yield Line("    - dense: {units: 64, activation: relu}")


def _training(draft: ImageDraft) -> Iterator[Line]:
    yield from objective_lines.objective(draft.task, _LEARNING_RATE)
    yield objective_lines.training(draft.task, draft.has_test)
