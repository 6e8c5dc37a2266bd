"""The text of a spec for a table, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.language.writer import dump_flow
from nnspec.scaffold import objective_lines
from nnspec.scaffold.contract_lines import contract_lines
from nnspec.scaffold.heading import heading
from nnspec.scaffold.input_groups import InputGroup
from nnspec.scaffold.network_choice import hidden_layers
from nnspec.scaffold.table_draft import TableDraft
from nnspec.scaffold.yaml_lines import WIDTH, YamlLine, listed, render

_LEARNING_RATE = 0.003


def table_spec(draft: TableDraft) -> str:
    """The text of the spec."""
    return render([*_head(draft), *_data(draft), *_network(draft), *_training(draft)])


def _head(draft: TableDraft) -> Iterator[YamlLine]:
    columns = len(draft.left_out) + sum(len(group.columns) for group in draft.inputs) + 1
    size = f"{draft.rows:,} rows, {columns} columns"
    yield from heading(draft.file, size, draft.name)


# ---------------------------------------------------------------- data


def _data(draft: TableDraft) -> Iterator[YamlLine]:
    yield YamlLine("data:")
    yield YamlLine(_source(draft.source), "; ".join(draft.reasons))
    yield from contract_lines(draft.columns, draft.task.target, classes=draft.task.kind != "number")
    yield objective_lines.split_line(draft.task, draft.has_test, _other_splits(draft))
    if draft.is_text:
        yield from map(_text_input, draft.inputs)
    else:
        yield YamlLine("  inputs:")
        yield from map(_group, draft.inputs)
    yield from _left_out(draft)
    yield _targets(draft)
    yield YamlLine("")


def _source(source: dict[str, Any]) -> str:
    """The source, on several lines where it is long."""
    line = f"  source: {dump_flow(source)}"
    ((kind, options),) = source.items()
    if len(line) <= WIDTH or not isinstance(options, dict):
        return line
    return "\n".join(["  source:", f"    {kind}:", *(_option(*item) for item in options.items())])


def _option(name: str, value: Any) -> str:
    """An option of the source; a long list is on several lines."""
    if isinstance(value, list):
        return listed(f"      {name}: [", list(map(dump_flow, value)), "]")
    return f"      {name}: {dump_flow(value)}"


def _other_splits(draft: TableDraft) -> str:
    """A proposal of a split by a group or a time, where a column looks like one."""
    group = next((one.name for one in draft.left_out if one.is_group), None)
    date = next((one.columns[0] for one in draft.inputs if one.role == "dates"), None)
    if group is not None:
        return f"; if rows of one {group} are alike, by: {dump_flow({'group': group})} is fairer"
    if date is not None:
        return f"; to predict later rows from earlier ones, by: {dump_flow({'time': date})}"
    return ""


def _group(group: InputGroup) -> YamlLine:
    steps = dump_flow(list(group.steps))
    names = [dump_flow(name) for name in group.columns]
    line = f"    - {{columns: [{', '.join(names)}], steps: {steps}}}"
    if len(line) > WIDTH:
        line = f"{listed('    - columns: [', names, ']')}\n      steps: {steps}"
    return YamlLine(line, group.reason)


def _text_input(group: InputGroup) -> YamlLine:
    (name,) = group.columns
    return YamlLine(
        f"  inputs: {dump_flow({'columns': name, 'steps': list(group.steps)})}", group.reason
    )


def _left_out(draft: TableDraft) -> Iterator[YamlLine]:
    if draft.left_out:
        yield YamlLine("  ", "left out:")
    for one in draft.left_out:
        yield YamlLine("  ", f"- {one.name or repr('')}: {one.reason}")


def _targets(draft: TableDraft) -> YamlLine:
    column = draft.target.column.name
    steps, why = objective_lines.target_steps(draft.task)
    target: dict[str, Any] = {"columns": column, **({"steps": steps} if steps else {})}
    return YamlLine(f"  targets: {dump_flow(target)}", f"{draft.target.reason}; {why}")


# ---------------------------------------------------------------- network and training


def _network(draft: TableDraft) -> Iterator[YamlLine]:
    hidden = hidden_layers(draft.width, draft.rows)
    reasons = [hidden.reason, "half of it, as there are 1,000 rows or more"]
    yield YamlLine("network:")
    if draft.is_text:
        yield YamlLine("  inputs: {words: {dtype: int32}}", "numbers of words")
    yield YamlLine("  layers:")
    if draft.is_text:
        yield from _embedding(draft)
    for units, reason in zip(hidden.units, reasons, strict=False):
        yield YamlLine(f"    - dense: {{units: {units}, activation: relu}}", reason)
    yield objective_lines.output_layer(draft.task)
    yield YamlLine("")


def _embedding(draft: TableDraft) -> Iterator[YamlLine]:
    """The layers that make a vector of the numbers of words."""
    *_, step = draft.inputs[0].steps
    options = {"input_dim": step["tokenize"]["vocabulary"], "output_dim": 16}
    yield YamlLine(f"    - embedding: {dump_flow(options)}", "each word as 16 numbers")
    yield YamlLine("    - flatten")


def _training(draft: TableDraft) -> Iterator[YamlLine]:
    optimizer = objective_lines.weight_decay(draft.task, _LEARNING_RATE, draft.has_test)
    yield from objective_lines.objective(draft.task, optimizer)
    yield objective_lines.training(draft.task, draft.has_test)
