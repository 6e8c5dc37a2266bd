"""The text of a spec for a table, with a comment on each choice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from nnspec.language.writer import dump_flow
from nnspec.scaffold.network_choice import hidden_layers
from nnspec.scaffold.spec_name import spec_name
from nnspec.scaffold.table_draft import InputGroup, TableDraft
from nnspec.scaffold.training_choice import (
    TEST_SHARE,
    VALIDATION_SHARE,
    Schedule,
    can_stratify,
    training_share,
)
from nnspec.scaffold.yaml_lines import WIDTH, Line, listed, render

_LOSSES = {
    "binary": "binary_crossentropy",
    "classes": "categorical_crossentropy",
    "number": "mean_squared_error",
}


def table_spec(draft: TableDraft) -> str:
    """The text of the spec."""
    sections = (_head, _data, _network, _objective, _train)
    return render(line for section in sections for line in section(draft))


def _head(draft: TableDraft) -> Iterator[Line]:
    columns = len(draft.left_out) + sum(len(group.columns) for group in draft.inputs) + 1
    size = f"{draft.rows:,} rows, {columns} columns"
    yield Line("", f"Made by `nnspec init` from {draft.file}: {size}. Each line may be changed.")
    yield Line(f"name: {dump_flow(spec_name(draft.name))}")
    yield Line("")


# ---------------------------------------------------------------- data


def _data(draft: TableDraft) -> Iterator[Line]:
    yield Line("data:")
    yield Line(f"  source: {dump_flow(draft.source)}")
    yield _split(draft)
    yield Line("  inputs:")
    yield from map(_group, draft.inputs)
    yield from _left_out(draft)
    yield _targets(draft)
    yield Line("")


def _split(draft: TableDraft) -> Line:
    """The line that says which rows are kept for the test and for validation."""
    shares = {} if draft.has_test else {"test": TEST_SHARE}
    by = "stratified" if can_stratify(draft.task) else "random"
    reason = "as many of each class in each part" if by == "stratified" else "rows at random"
    split = {**shares, "validation": VALIDATION_SHARE, "by": by}
    return Line(f"  split: {dump_flow(split)}", reason + _other_splits(draft))


def _other_splits(draft: TableDraft) -> str:
    """A proposal of a split by a group or a time, where a column looks like one."""
    columns = [*draft.left_out]
    group = next((one.name for one in columns if one.is_group), None)
    date = next((g.columns[0] for g in draft.inputs if g.steps[0] == "date_parts"), None)
    if group is not None:
        return f"; if rows of one {group} are alike, by: {dump_flow({'group': group})} is fairer"
    if date is not None:
        return f"; to predict later rows from earlier ones, by: {dump_flow({'time': date})}"
    return ""


def _group(group: InputGroup) -> Line:
    steps = dump_flow(list(group.steps))
    names = [dump_flow(name) for name in group.columns]
    line = f"    - {{columns: [{', '.join(names)}], steps: {steps}}}"
    if len(line) > WIDTH:
        line = f"{listed('    - columns: [', names, ']')}\n      steps: {steps}"
    return Line(line, group.reason)


def _left_out(draft: TableDraft) -> Iterator[Line]:
    if draft.left_out:
        yield Line("  ", "left out:")
    for one in draft.left_out:
        yield Line("  ", f"  {one.name or repr('')}: {one.reason}")


def _targets(draft: TableDraft) -> Line:
    column, task = draft.target.column.name, draft.task
    why = f"{draft.target.reason}; "
    target: dict[str, Any] = {"columns": column}
    if task.kind == "number":
        target = {"columns": column, "steps": ["standardize"]}
        why += "standardized, a loss of 1 is that of always guessing the mean"
    elif task.kind == "classes":
        target = {"columns": column, "steps": ["one_hot"]}
        why += f"{task.classes} classes, a column each"
    elif task.is_zero_or_one:
        why += "0 or 1"
    else:
        target = {"columns": column, "steps": ["ordinal"]}
        zero, one = task.target.counts
        why += f"{zero} becomes 0 and {one} becomes 1"
    return Line(f"  targets: {dump_flow(target)}", why)


# ---------------------------------------------------------------- network and training


def _network(draft: TableDraft) -> Iterator[Line]:
    hidden = hidden_layers(draft.width, draft.rows)
    reasons = [hidden.reason, "half of it; one more layer, as there are 1,000 rows or more"]
    yield Line("network:")
    yield Line("  layers:")
    for units, reason in zip(hidden.units, reasons, strict=False):
        yield Line(f"    - dense: {{units: {units}, activation: relu}}", reason)
    yield _last_layer(draft)
    yield Line("")


def _last_layer(draft: TableDraft) -> Line:
    kind, classes = draft.task.kind, draft.task.classes
    if kind == "number":
        return Line("    - dense: 1", "the number")
    if kind == "binary":
        yes = [*draft.task.target.counts][1]
        return Line("    - dense: {units: 1, activation: sigmoid}", f"the probability of {yes}")
    return Line(f"    - dense: {{units: {classes}, activation: softmax}}", "a probability a class")


def _objective(draft: TableDraft) -> Iterator[Line]:
    task = draft.task
    yield Line(f"loss: {_LOSSES[task.kind]}")
    yield Line("optimizer: {adam: 0.003}")
    if task.kind != "number":
        largest = max(task.target.counts.values()) / (task.target.rows - task.target.missing)
        yield Line("metrics: [accuracy]", f"the largest class alone has {largest:.3f}")


def _train(draft: TableDraft) -> Iterator[Line]:
    rows = round(draft.rows * training_share(draft.has_test))
    schedule = Schedule.of(rows)
    options: dict[str, Any] = {"epochs": schedule.epochs, "batch_size": schedule.batch_size}
    updates = schedule.epochs * -(-rows // schedule.batch_size)
    reason = f"{rows:,} rows to train on: about {updates:,} updates of the weights"
    if draft.task.is_imbalanced:
        options["class_weight"] = "balanced"
        reason += "; rows of rare classes count more"
    yield Line(f"train: {dump_flow({**options, 'seed': 0})}", reason)
