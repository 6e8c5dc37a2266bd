"""The text of a spec for images, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nnspec.language.writer import dump_flow
from nnspec.scaffold import objective_lines
from nnspec.scaffold.heading import heading
from nnspec.scaffold.images import ImageDraft
from nnspec.scaffold.network_choice import convolutions
from nnspec.scaffold.yaml_lines import YamlLine, render

_OPTIMIZER = YamlLine("optimizer: {adam: 0.001}")


def image_spec(draft: ImageDraft) -> str:
    """The text of the spec."""
    return render([*_head(draft), *_data(draft), *_network(draft), *_training(draft)])


def _head(draft: ImageDraft) -> Iterator[YamlLine]:
    size = f"{draft.task.target.rows:,} images of {draft.task.classes:,} classes"
    yield from heading(draft.name, size, draft.name)


def _data(draft: ImageDraft) -> Iterator[YamlLine]:
    shade = "gray" if draft.is_gray else "in colours"
    steps, why = objective_lines.target_steps(draft.task)
    yield YamlLine("data:")
    reason = "; ".join(filter(None, (f"{draft.found} pixels, {shade}", draft.left_out)))
    yield YamlLine(f"  source: {dump_flow(draft.source)}", reason)
    yield objective_lines.split_line(draft.task, draft.has_test)
    yield YamlLine("  inputs: [{divide: 255}]", "bytes become numbers from 0 to 1")
    yield YamlLine(f"  targets: {dump_flow(steps)}", f"the names of the sub-folders; {why}")
    yield YamlLine("")


def _network(draft: ImageDraft) -> Iterator[YamlLine]:
    yield YamlLine("network:")
    yield YamlLine("  layers:")
    yield from convolution_layers(draft.size)
    yield objective_lines.output_layer(draft.task)
    yield YamlLine("")


def convolution_layers(size: Sequence[int]) -> Iterator[YamlLine]:
    """The layers for images of a height and a width, up to the last one."""
    for number, filters in enumerate(convolutions(min(size))):
        options = {"filters": filters, "kernel_size": 3, "padding": "same", "activation": "relu"}
        yield YamlLine(
            f"    - conv2d: {dump_flow(options)}", "" if number else "filters of 3x3 pixels"
        )
        yield YamlLine("    - max_pooling2d: 2", "" if number else "the largest of 2x2")
    yield YamlLine("    - flatten")
    yield YamlLine("    - dense: {units: 64, activation: relu}")


def _training(draft: ImageDraft) -> Iterator[YamlLine]:
    yield from objective_lines.objective(draft.task, _OPTIMIZER)
    yield objective_lines.training(draft.task, draft.has_test)
